/** Asking rpm's database. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { keysOf } from './facts.ts';

const run = promisify(execFile);

/**
 * Where rpm keeps its database: the old place, and that of Fedora and SUSE. Where none is, rpm must not be asked: it
 * would make an empty one.
 */
const databases = ['var/lib/rpm', 'usr/lib/sysimage/rpm'].flatMap(folder =>
  ['rpmdb.sqlite', 'Packages.db', 'Packages'].map(name => `${folder}/${name}`),
);
/** The databases that are there, as paths. */
export const rpmDatabases = (root: string): string[] =>
  databases.map(path => join(root, path)).filter(path => existsSync(path));

/**
 * Asks the database that is there: the program's own idea of the place may be another.
 * @throws Error when rpm complains, or is not installed
 */
export async function askRpm(root: string, ...words: string[]): Promise<string> {
  const folder = databases.find(path => existsSync(join(root, path))) ?? databases[0] ?? '';
  const { stdout } = await run('rpm', ['--root', root, '--dbpath', `/${dirname(folder)}`, ...words], {
    timeout: 120_000,
    maxBuffer: 256 << 20,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  return stdout;
}

/** Packages, with version and architecture, by the keys of their paths; none where rpm has no database or cannot be asked. */
export async function rpmOwners(root: string): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  if (rpmDatabases(root).length === 0) return owners;
  const list = await askRpm(root, '-qa', '--qf', '[%{=NVRA}\\t%{FILENAMES}\\n]').catch(() => '');
  for (const line of list.split('\n')) {
    const [name = '', ...path] = line.split('\t');
    if (path.length > 0) for (const key of keysOf(path.join('\t'))) owners.set(key, name);
  }
  return owners;
}
