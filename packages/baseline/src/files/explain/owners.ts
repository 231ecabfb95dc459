/**
 * Which package a path belongs to when a golden state is made. It is kept in the state, since a package that was
 * removed or replaced no longer says what was its own.
 */

import { dpkgOwners } from './dpkg-files.ts';
import { rpmOwners } from './rpm-database.ts';

/** Packages by the key of a path, as their manager names them. Of several that share a folder, any. */
export type Owners = ReadonlyMap<string, string>;

/** Asks the lists of dpkg, and rpm where it has a database. */
export async function packageOwners(root: string): Promise<Owners> {
  const owners = dpkgOwners(root);
  for (const [key, name] of await rpmOwners(root)) owners.set(key, name);
  return owners;
}
