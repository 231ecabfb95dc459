/**
 * Real-time changes of covered files from inotify(7), where fanotify cannot be used: one watch for each folder, so that
 * there is a bound, and no word of who did it.
 */
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import { type WatchedChange, walkTrees } from '@redoubt/kernel';
import { escapeKey, unescapeKey } from '../state/key.ts';
import type { FilePolicy } from './policy.ts';
import { fieldsOf, walkPolicy } from './walk.ts';

/** Folders that are watched, each some hundred bytes of the kernel's memory and of ours. */
const mostFolders = 16_384;

/** Folders of a walk that a policy does not ignore. */
async function* foldersOf(policy: FilePolicy, walk: AsyncIterable<string[]>): AsyncGenerator<string> {
  for await (const fields of walk) {
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const key = fields[at] as string;
      if (fields[at + 1]?.startsWith('d ') && policy.classOf(key) !== 'ignored') yield key;
    }
  }
}

/** Watches the folders that a policy covers. */
export class InotifyWatch {
  /** Folders that are not watched, with the reason. */
  readonly blind = new Map<string, string>();
  readonly #policy: FilePolicy;
  readonly #onChange: (change: WatchedChange) => void;
  readonly #watchers = new Map<string, FSWatcher>();

  private constructor(policy: FilePolicy, onChange: (change: WatchedChange) => void) {
    this.#policy = policy;
    this.#onChange = onChange;
  }

  /** Resolves once every folder is watched, or told as blind. */
  static async start(
    policy: FilePolicy,
    onChange: (change: WatchedChange) => void,
    root = '/',
  ): Promise<InotifyWatch> {
    const inotify = new InotifyWatch(policy, onChange);
    for await (const folder of foldersOf(policy, walkPolicy(policy, root))) inotify.#add(folder);
    return inotify;
  }

  /** Folders that are watched. */
  get size(): number {
    return this.#watchers.size;
  }

  #add(folder: string): void {
    if (this.#watchers.has(folder)) return;
    if (this.#watchers.size >= mostFolders) {
      this.#miss('', 'ENOSPC');
      return;
    }
    try {
      const watcher = watch(unescapeKey(folder), { encoding: 'buffer', persistent: false }, (_, name) => {
        if (name !== null) this.#tell(folder, name);
      });
      watcher.on('error', () => this.#remove(folder));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      this.#miss(folder, (error as NodeJS.ErrnoException).code ?? 'EIO');
    }
  }

  /** One entry for all that has no room: a list of thousands helps nobody. */
  #miss(folder: string, word: string): void {
    if (word === 'ENOENT' || word === 'ENOTDIR') return;
    this.blind.set(word === 'ENOSPC' ? `(${mostFolders}+)` : folder, word);
  }

  #remove(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #tell(folder: string, name: Buffer): void {
    const key = `${folder === '/' ? '' : folder}/${escapeKey(name)}`;
    let isFolder = false;
    try {
      isFolder = lstatSync(unescapeKey(key)).isDirectory();
    } catch {
      this.#remove(key); // it has gone, and with it what watched it
    }
    if (isFolder) void this.#addBelow(key);
    this.#onChange({ key, pid: 0, folder: isFolder });
  }

  /** A folder that came brings its own folders along. */
  async #addBelow(folder: string): Promise<void> {
    const pruned = this.#policy.pruned.map(unescapeKey);
    try {
      const below = fieldsOf(walkTrees('/', [unescapeKey(folder)], pruned));
      for await (const one of foldersOf(this.#policy, below)) this.#add(one);
    } catch {
      this.#miss(folder, 'EIO');
    }
  }

  async stop(): Promise<void> {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
