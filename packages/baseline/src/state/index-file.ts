/**
 * The index beside a state, `NAME.N.state.index`: the status that each entry was seen with, as plain text in stretches
 * whose digests stand in the state's signed header. A check compares it with what is there, and reads the state itself
 * only where something differs. A state without its index is compared as a whole.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { StateEntry } from '@redoubt/model';
import { writeError } from './error.ts';
import type { Stretch } from './format.ts';

export const indexOf = (state: string): string => `${state}.index`;

/** Entries of a stretch, and characters of its records, at most (a record more). */
const mostEntries = 1024;
const mostText = 256 << 10;

/**
 * Seconds that a folder must have rested for before the collection, so that its times tell what comes after: clocks tick,
 * and some file systems keep whole seconds (ext4 with small inodes), or every other one (FAT).
 */
const rest = { fine: 1, coarse: 3 };

/** Whether a device is none: the kernel gives file systems without one, such as FUSE, the major number 0. */
const isAnonymous = (device: number): boolean => ((device >> 8) & 0xfff) === 0;

/** Whether the names in a folder may become others while its status stays as it is. */
function isVague(stat: string, since: number): boolean {
  const fields = stat.split(' ');
  const changed = fields[9] as string;
  const isCoarse = changed.endsWith('.000000000');
  if (Number(changed) > since - (isCoarse ? rest.coarse : rest.fine)) return true;
  return isCoarse && isAnonymous(Number(fields[6]));
}

/**
 * The record of an entry. `+` stands before the status of a folder whose names its times may not tell: it was changed
 * while the state was made, or its file system may make its times up.
 */
function recordOf(key: string, stat: string, since: number): string {
  return `${key}\0${stat.startsWith('d') && isVague(stat, since) ? '+' : ''}${stat}\0`;
}

/** Writes the index of a state while the state is written; no file when no entry has a status. */
export class IndexWriter {
  readonly stretches: Stretch[] = [];
  readonly #file: string;
  readonly #since: number;
  #handle: FileHandle | undefined;
  #text = '';
  #count = 0;
  #last = '';

  /**
   * @param state file of the state
   * @param since when the collection began, milliseconds since the Unix epoch
   */
  constructor(state: string, since: number) {
    this.#file = indexOf(state);
    this.#since = since / 1000;
  }

  /** Adds an entry; a promise only when the writer needs a rest. @throws StateError `write` */
  add({ key, facts }: StateEntry): Promise<void> | undefined {
    const stat = facts['stat'];
    if (typeof stat !== 'string') return undefined;
    this.#text += recordOf(key, stat, this.#since);
    this.#count++;
    this.#last = key;
    return this.#count < mostEntries && this.#text.length < mostText ? undefined : this.#end();
  }

  async #end(): Promise<void> {
    const bytes = Buffer.from(this.#text);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.stretches.push([this.#count, bytes.length, sha256, this.#last]);
    this.#text = '';
    this.#count = 0;
    try {
      this.#handle ??= await open(`${this.#file}.new`, 'w', 0o600);
      await this.#handle.writeFile(bytes);
    } catch (error) {
      throw writeError(this.#file, error);
    }
  }

  /** Ends the last stretch and puts the file in its place. @throws StateError `write` */
  async finish(): Promise<void> {
    if (this.#count > 0) await this.#end();
    if (this.#handle === undefined) return;
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(`${this.#file}.new`, this.#file);
    } catch (error) {
      throw writeError(this.#file, error);
    }
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.#handle?.close().catch(() => {});
    await rm(`${this.#file}.new`, { force: true });
  }
}
