/** Clean files to learn from: those of Debian packages, installed ones and ones unpacked below a folder. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelKind, modelKindOf } from '../features/features.ts';

/** A file, with the package that it comes from. */
export interface CorpusFile {
  readonly path: string;
  readonly package: string;
}

const dpkgLists = '/var/lib/dpkg/info';

/** Files of installed Debian packages. */
export function* installedFiles(): Generator<CorpusFile> {
  for (const list of readdirSync(dpkgLists)
    .filter(name => name.endsWith('.list'))
    .toSorted()) {
    const owner = list.slice(0, -'.list'.length).replace(/:.*$/, '');
    for (const path of readFileSync(join(dpkgLists, list), 'utf8').split('\n')) {
      if (path.startsWith('/')) yield { path, package: owner };
    }
  }
}

/** Files below a folder that has one folder for each package, as `dpkg-deb -x` unpacks them. */
export function* unpackedFiles(folder: string): Generator<CorpusFile> {
  for (const owner of readdirSync(folder).toSorted()) {
    for (const name of readdirSync(join(folder, owner), { recursive: true, encoding: 'utf8' }).toSorted())
      yield { path: join(folder, owner, name), package: owner };
  }
}

/** Bytes of a regular file of a kind that is learnt; undefined for all others. */
export function readCorpusFile(path: string, most: number): { kind: ModelKind; bytes: Buffer } | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status?.isFile() !== true || status.size < 64 || status.size > most) return undefined;
  const bytes = readFileSync(path);
  const kind = modelKindOf(path, bytes);
  return kind === undefined ? undefined : { kind, bytes };
}

/** A number from 0 to 1 that a name always has: packages are split by it, not files. */
export function lotOf(name: string): number {
  let hash = 2_166_136_261;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 16_777_619) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
