/**
 * Bans on disk: a journal of JSON lines, rewritten as a whole when most of it is out of date. A line is a ban or the
 * end of one; what a crash has torn is passed over and counted. Bans that are over stay for a while, because who comes
 * again is banned for longer.
 */
import { closeSync, constants, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile, replaceFile } from '@redoubt/store/durable';
import { type Ban, isStanding } from './ban.ts';

const fileLimit = 512 * 1024 * 1024;
/** How long a ban that is over is remembered, milliseconds. */
const remembered = 7 * 86_400_000;
/** Lines that may be out of date before the file is rewritten, beside as many as there are bans. */
const spareLines = 2_000;

type Line = Ban | { readonly gone: string };

/** All bans of a host. Made by {@link BanStore.open}. */
export class BanStore {
  readonly #path: string;
  readonly #bans: Map<string, Ban>;
  readonly #limit: number;
  #lines: number;
  /** Whether the file ends in the middle of a line. */
  #isTorn: boolean;
  /** Lines that could not be read. */
  readonly damaged: number;
  /** Bans that are over and had to be forgotten early; standing ones that there was no room for. */
  forgotten = 0;
  refused = 0;

  private constructor(path: string, limit: number, lines: readonly string[], isTorn: boolean) {
    this.#path = path;
    this.#limit = limit;
    this.#bans = new Map();
    this.#lines = lines.length;
    this.#isTorn = isTorn;
    let damaged = 0;
    for (const text of lines) {
      const line = parsed(text);
      if (line === undefined) damaged++;
      else if ('gone' in line) this.#bans.delete(line.gone);
      else this.#bans.set(line.subject, line);
    }
    this.damaged = damaged;
  }

  /**
   * Opens the bans of a state directory.
   * @param limit bans and memories of bans that are kept at the most
   * @throws Error naming the file when it is no regular file or cannot be read
   */
  static open(stateDirectory: string, limit = 500_000): BanStore {
    const folder = join(stateDirectory, 'bans');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'decisions.jsonl');
    const text = readSmallFile(path, fileLimit) ?? '';
    const lines = text.split('\n');
    const last = lines.pop();
    if (last !== '' && last !== undefined) lines.push(last);
    return new BanStore(path, limit, lines, last !== '' && last !== undefined);
  }

  /** The bans that hold. @param now milliseconds since the Unix epoch */
  standing(now: number): Ban[] {
    return [...this.#bans.values()].filter(ban => isStanding(ban, now));
  }

  /** The ban of a subject, standing or remembered. */
  get(subject: string): Ban | undefined {
    return this.#bans.get(subject);
  }

  /**
   * Takes bans in; on disk when it returns. What was known of the same subjects is replaced.
   * @throws the system's error (ENOSPC …); the bans are kept in memory all the same
   */
  put(bans: readonly Ban[], now: number): void {
    const taken = bans.filter(ban => {
      const hasRoom = this.#hasRoom(ban, now);
      if (hasRoom) this.#bans.set(ban.subject, ban);
      return hasRoom;
    });
    this.#write(taken);
  }

  /** Forgets bans; who comes again begins anew. @throws as {@link put} */
  remove(subjects: readonly string[]): void {
    const known = subjects.filter(subject => this.#bans.delete(subject));
    this.#write(known.map(gone => ({ gone })));
  }

  /** Drops what is long over. @throws as {@link put} */
  forget(now: number): void {
    const over = [...this.#bans.values()].filter(
      ({ until }) => until !== undefined && until + remembered <= now,
    );
    if (over.length > 0) this.remove(over.map(({ subject }) => subject));
  }

  #hasRoom({ subject }: Ban, now: number): boolean {
    if (this.#bans.size < this.#limit || this.#bans.has(subject)) return true;
    for (const [old, ban] of this.#bans) {
      if (isStanding(ban, now)) continue;
      this.#bans.delete(old);
      this.forgotten++;
      return true;
    }
    this.refused++;
    return false;
  }

  #write(lines: readonly Line[]): void {
    if (lines.length === 0) return;
    if (this.#lines + lines.length > 2 * this.#bans.size + spareLines) {
      const all = [...this.#bans.values()].map(ban => `${JSON.stringify(ban)}\n`);
      replaceFile(this.#path, all.join(''));
      this.#lines = all.length;
      this.#isTorn = false;
      return;
    }
    const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
    const file = openSync(this.#path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      const bytes = Buffer.from(
        `${this.#isTorn ? '\n' : ''}${lines.map(line => `${JSON.stringify(line)}\n`).join('')}`,
      );
      this.#isTorn = true;
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
      this.#isTorn = false;
      this.#lines += lines.length;
    } finally {
      closeSync(file);
    }
  }
}

function parsed(text: string): Line | undefined {
  let value: Partial<Ban & { gone: unknown }>;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof value.gone === 'string') return { gone: value.gone };
  const { subject, origin, reason, since, until, times } = value;
  const isBan =
    typeof subject === 'string' &&
    typeof origin === 'string' &&
    typeof reason === 'string' &&
    typeof since === 'number' &&
    typeof times === 'number' &&
    (until === undefined || typeof until === 'number');
  return isBan ? (value as Ban) : undefined;
}
