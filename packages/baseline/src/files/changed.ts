/** Telling from the index beside a state where something has changed, without looking at the golden entries. */
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { type RecordsPlace, recheckRecords } from '@redoubt/kernel/tree';
import type { CollectOptions, IndexedState } from '../collector.ts';
import { StateError } from '../state/error.ts';
import type { Stretch, Trees } from '../state/format.ts';
import { indexOf } from '../state/index-file.ts';
import { compareKeys, escapeKey, unescapeKey } from '../state/key.ts';
import { joinedRanges, type KeyRange } from '../state/ranges.ts';
import { digestOfBytes } from '../state/sign.ts';
import { foreignMounts } from './mounts.ts';
import type { FilePolicy } from './policy.ts';

/** Stretches that are looked at at a time: the threads of Node's pool are four. */
const parallel = 4;

/** Names in folders that may be new, at most; beyond them everything is compared. */
const mostNames = 200_000;

const isWithin = (key: string, folder: string): boolean =>
  folder === '/' || key === folder || key.startsWith(`${folder}/`);

/** The stretches of an index. */
class Index {
  readonly stretches: readonly Stretch[];
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #places: RecordsPlace[] = [];

  constructor(file: string, handle: FileHandle, stretches: readonly Stretch[]) {
    this.#file = file;
    this.#handle = handle;
    this.stretches = stretches;
    let from = 0;
    for (const [, bytes, sha256] of stretches) {
      this.#places.push({ from, bytes, sha256 });
      from += bytes;
    }
  }

  /** The stretch that a key belongs to, be it there or not; their number for what is after the last. */
  of(key: string): number {
    let low = 0;
    let high = this.stretches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys((this.stretches[middle] as Stretch)[3], key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The stretches that have, or would have, what is below a folder, and the folder. */
  within(folder: string): number[] {
    const found = [this.of(folder)];
    for (let at = found[0] as number; at < this.stretches.length; ) {
      if (!isWithin((this.stretches[at] as Stretch)[3], folder)) break;
      found.push(++at);
    }
    return found;
  }

  range(at: number): KeyRange {
    const after = this.stretches[at - 1]?.[3] ?? '';
    const through = this.stretches[at]?.[3];
    return through === undefined ? { after } : { after, through };
  }

  /** @throws StateError `digest` */
  async recheck(root: FileHandle, at: number) {
    const answer = await recheckRecords(root.fd, this.#handle.fd, this.#places[at] as RecordsPlace);
    if (answer === undefined) throw this.#tampered();
    return answer;
  }

  /** Keys of a stretch. @throws StateError `digest` */
  async keys(at: number): Promise<string[]> {
    const place = this.#places[at];
    if (place === undefined) return [];
    const piece = Buffer.alloc(place.bytes);
    await this.#handle.read(piece, 0, piece.length, place.from);
    if (digestOfBytes(piece) !== place.sha256) throw this.#tampered();
    return piece
      .toString('utf8')
      .split('\0')
      .filter((_, field) => field % 2 === 0);
  }

  #tampered(): StateError {
    return new StateError('digest', {
      en: `${this.#file} has been changed since its state was signed; without it the state itself is compared, or make the state anew`,
      zh: `${this.#file} 在其状态签名后被修改；删除它则直接比较状态本身，或重新创建状态`,
    });
  }
}

/** Every one to its end, then the first failure: what they use is closed afterwards. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

const bytesOf = (root: string, key: string): Buffer =>
  Buffer.concat([Buffer.from(root === '/' ? '' : root), unescapeKey(key)]);

/** Names in folders, and what the walk begins with: whether each is a folder. Undefined when they are too many. */
async function namesIn(
  folders: readonly string[],
  { paths }: Trees,
  root: string,
): Promise<Map<string, boolean> | undefined> {
  const names = new Map<string, boolean>();
  for (const path of paths) {
    const status = await lstat(bytesOf(root, path)).catch(() => undefined);
    if (status !== undefined) names.set(path, status.isDirectory());
  }
  for (const folder of folders) {
    // What cannot be read differs from its record, and is told of where that is looked at.
    const found = await readdir(bytesOf(root, folder), { withFileTypes: true, encoding: 'buffer' }).catch(
      () => [] as Dirent<Buffer>[],
    );
    for (const entry of found)
      names.set(`${folder === '/' ? '' : folder}/${escapeKey(entry.name)}`, entry.isDirectory());
    if (names.size > mostNames) return undefined;
  }
  return names;
}

/**
 * Where something else is there than the index of a golden state says. Device, inode, size, modification and change time
 * of every entry stand in it; the kernel sets the change time, and no system call sets it back. The names in a folder are
 * read where its times have changed, or may not tell.
 * @param policy the one that the state was made under; asked for only when there are names without an entry
 * @returns ranges in order, none when nothing has changed; undefined for a state without an index
 * @throws StateError `digest` when the index is not the one that was signed with the state
 */
export async function changedFiles(
  { file, header: { stretches, trees, gaps } }: IndexedState,
  policy: () => FilePolicy,
  { root, signal, onProgress }: CollectOptions,
): Promise<KeyRange[] | undefined> {
  if (stretches === undefined || trees === undefined) return undefined;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(indexOf(file), flags).catch(error => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  const base = await open(root, constants.O_RDONLY | constants.O_DIRECTORY).catch(async error => {
    await handle.close();
    throw error;
  });
  try {
    const index = new Index(indexOf(file), handle, stretches);
    const foreign = root === '/' ? foreignMounts().map(escapeKey) : [];
    const isLeftOut = (key: string): boolean =>
      foreign.some(one => isWithin(key, one)) || trees.pruned.some(one => isWithin(key, one));
    // Nothing there is asked for: its server may never answer.
    const covered = foreign.filter(one => trees.paths.some(path => isWithin(one, path)));
    const away = new Set(covered.flatMap(one => index.within(one)));
    const changed = new Set([...away, ...(gaps?.unseen ?? []).map(key => index.of(key))]);

    const folders = [...(gaps?.folders ?? [])];
    const total = stretches.reduce((sum, [entries]) => sum + entries, 0);
    let next = 0;
    let done = 0;
    const look = async (): Promise<void> => {
      for (let at = next++; at < stretches.length; at = next++) {
        signal?.throwIfAborted();
        if (away.has(at)) {
          folders.push(...(await index.keys(at)));
        } else {
          const answer = await index.recheck(base, at);
          if (!answer.isSame) changed.add(at);
          folders.push(...answer.folders);
        }
        done += (stretches[at] as Stretch)[0];
        onProgress?.(done, total);
      }
    };
    await allEnded(Array.from({ length: parallel }, look));

    const read: string[] = [];
    for (const folder of folders) {
      if (isLeftOut(folder)) continue;
      const status = await lstat(bytesOf(root, folder)).catch(() => undefined);
      if (status?.isDirectory()) read.push(folder);
      // Behind a link in its place, everything may still have the status it had.
      else for (const at of index.within(folder)) changed.add(at);
    }
    const names = await namesIn(read, trees, root);
    if (names === undefined) return undefined;
    const known = new Set([
      ...read.flatMap(folder => index.within(folder)),
      ...trees.paths.map(path => index.of(path)),
    ]);
    for (const at of known) for (const key of await index.keys(at)) names.delete(key);
    // In an ignored folder may be what is not ignored.
    for (const [key, isFolder] of names)
      if (!isLeftOut(key) && (isFolder || policy().classOf(key) !== 'ignored')) changed.add(index.of(key));
    return joinedRanges([...changed].sort((a, b) => a - b).map(at => index.range(at)));
  } finally {
    await handle.close();
    await base.close();
  }
}
