/** What the packages that dpkg has touched since a time own, and the digests that they came with. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { keysOf } from './facts.ts';

/** What a package says of a path. */
export interface OwnedPath {
  readonly package: string;
  /** MD5 from its md5sums, or of its configuration file as shipped; absent for folders and links. */
  readonly md5?: string;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Configuration files and their MD5 from the status file, by package. */
function conffiles(status: string, wanted: (name: string) => boolean): Map<string, string> {
  const found = new Map<string, string>();
  for (const stanza of status.split('\n\n')) {
    const name = /^Package: (\S+)/m.exec(stanza)?.[1];
    if (name === undefined || !wanted(name)) continue;
    const block = /^Conffiles:\n((?: .*\n?)+)/m.exec(stanza)?.[1] ?? '';
    for (const [, path, md5] of block.matchAll(/^ (\/.*) ([0-9a-f]{32})/gm))
      if (path && md5) found.set(path, md5);
  }
  return found;
}

const infoOf = (root: string): string => join(root, 'var/lib/dpkg/info');

/** Names of the lists of files that dpkg keeps, one a package. */
function listsIn(info: string): string[] {
  try {
    return readdirSync(info).filter(name => name.endsWith('.list'));
  } catch {
    return []; // no dpkg here
  }
}

/** A package's name without its architecture, which dpkg writes in one place and not in another. */
export const bareName = (name: string): string => name.replace(/:[a-z0-9-]+$/, '');

/** Packages by the keys of their paths; of several that share one, any. */
export function dpkgOwners(root: string): Map<string, string> {
  const info = infoOf(root);
  const owners = new Map<string, string>();
  for (const list of listsIn(info)) {
    const name = bareName(list.slice(0, -'.list'.length));
    for (const path of textOf(join(info, list)).split('\n'))
      if (path !== '') for (const key of keysOf(path)) owners.set(key, name);
  }
  return owners;
}

/** Paths of packages whose list is newer than `since` (milliseconds since the Unix epoch). */
export function touchedPaths(root: string, since: number): Map<string, OwnedPath> {
  const owned = new Map<string, OwnedPath>();
  const info = infoOf(root);
  const touched = listsIn(info).filter(
    name => (statSync(join(info, name), { throwIfNoEntry: false })?.ctimeMs ?? 0) >= since - 1000,
  );
  const packages = new Set(touched.map(name => name.slice(0, -'.list'.length)));
  const plain = new Set([...packages].map(bareName));
  const configuration = conffiles(textOf(join(root, 'var/lib/dpkg/status')), name => plain.has(name));
  for (const name of packages) {
    const digests = new Map<string, string>();
    for (const line of textOf(join(info, `${name}.md5sums`)).split('\n'))
      if (/^[0-9a-f]{32} {2}/.test(line)) digests.set(`/${line.slice(34)}`, line.slice(0, 32));
    for (const path of textOf(join(info, `${name}.list`)).split('\n')) {
      if (path === '' || path === '/.') continue;
      const md5 = digests.get(path) ?? configuration.get(path);
      for (const one of keysOf(path))
        owned.set(one, { package: name, ...(md5 === undefined ? {} : { md5 }) });
    }
  }
  return owned;
}

/** MD5 of the package's form of each configuration file that ucf(1) keeps, by key. */
export function ucfDigests(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of textOf(join(root, 'var/lib/ucf/hashfile')).split('\n')) {
    const [, md5, path] = /^([0-9a-f]{32}) {2}(\/.*)$/.exec(line) ?? [];
    if (md5 !== undefined && path !== undefined) for (const key of keysOf(path)) found.set(key, md5);
  }
  return found;
}
