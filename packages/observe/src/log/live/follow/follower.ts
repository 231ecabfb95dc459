/**
 * Follows a log file: every line exactly once, through rotation by rename, by copy and truncation, compression
 * of what was rotated away, and restarts.
 */
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { FollowOptions, LineBatch } from './options.ts';
import { type FileState, headMatches, headPrint, positionOf } from './position.ts';
import { contentOf, headOf, type Sibling, siblingsOf } from './siblings.ts';
import { Tail, type TailRead } from './tail.ts';

const restMilliseconds = 20;
const lookMilliseconds = 1000;
/** How often a file is looked at when nothing tells of its changes. */
const unwatchedPollMilliseconds = 250;
/** When inotify does; it tells nothing of what other hosts write to a shared folder. */
const watchedPollMilliseconds = 5000;
/** When something of a rotation is still to come: files to close, or their rest to find. */
const rotatingPollMilliseconds = 1000;
/** How long the rest of a file is looked for: rotation may be busy compressing it. */
const orphanMilliseconds = 10_000;
const settledLimit = 4096;

/** Follows one file until the signal aborts. The file may not exist yet. */
export async function* followFile(options: FollowOptions): AsyncGenerator<LineBatch> {
  const follower = new Follower(options);
  try {
    yield* follower.batches();
  } finally {
    await follower.close();
  }
}

class Follower {
  readonly #options: FollowOptions;
  readonly #settings: { chunkBytes: number; lineBytes: number };
  readonly #states: FileState[];
  #since: number;
  #current: Tail | undefined;
  #retiring: Tail[] = [];
  /** Files whose rest is looked for, and until when. */
  #orphans: { state: FileState; until: number }[] = [];
  /** Rotated files that were looked at, by identity, size and time, and need no second look. */
  readonly #settled = new Set<string>();
  #nextLook = 0;
  #pollMilliseconds = unwatchedPollMilliseconds;
  #watcher: FSWatcher | undefined;
  #wake: () => void = () => {};
  /** Whether there is news since the last wait. */
  #changed = false;
  /** Whether rotated files may have appeared that were not looked at. */
  #stirred = true;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#settings = {
      chunkBytes: options.batchBytes ?? 256 * 1024,
      lineBytes: options.lineBytes ?? 1024 * 1024,
    };
    this.#states = options.position?.files.map(file => ({ ...file })) ?? [];
    this.#since = options.position?.since ?? Date.now();
  }

  async *batches(): AsyncGenerator<LineBatch> {
    await this.#resume();
    this.#watch();
    while (this.#options.signal?.aborted !== true) {
      let progressed = false;
      for (const tail of [...this.#retiring, ...(this.#current === undefined ? [] : [this.#current])]) {
        const read = await tail.read();
        if (read.kind !== 'idle') progressed = true;
        const batch = this.#taken(tail, read);
        if (batch !== undefined) yield batch;
      }
      for await (const batch of this.#retire()) yield batch;
      await this.#look();
      // The periodic look finds what rotation hid between two of its steps.
      if (this.#stirred || performance.now() > this.#nextLook) {
        this.#stirred = false;
        this.#nextLook = performance.now() + lookMilliseconds;
        for await (const batch of this.#recover()) {
          progressed = true;
          yield batch;
        }
      }
      if (!progressed) await this.#wait();
    }
  }

  async close(): Promise<void> {
    this.#watcher?.close();
    for (const tail of this.#retiring) await tail.close();
    await this.#current?.close();
  }

  /** Opens the file that was being read; those that are no longer under the path are looked for later. */
  async #resume(): Promise<void> {
    const { path, position, from } = this.#options;
    for (const state of this.#states.filter(each => each.retired === 0)) {
      const tail = this.#current === undefined ? await Tail.open(path, state, this.#settings) : undefined;
      if (tail === undefined) this.#orphan(state);
      else this.#current = tail;
    }
    if (this.#current === undefined) await this.#openCurrent(position === undefined && from === 'end');
  }

  async #openCurrent(atEnd: boolean): Promise<void> {
    this.#current = await Tail.open(this.#options.path, undefined, { ...this.#settings, atEnd });
    if (this.#current !== undefined) this.#states.push(this.#current.state);
  }

  #taken(tail: Tail, read: TailRead): LineBatch | undefined {
    if (read.kind === 'lines') return this.#batch(tail.state, read.offset, read.bytes);
    if (read.kind === 'skipped') {
      this.#damage(read.offset, `line is longer than ${this.#settings.lineBytes} bytes`, read.bytes);
    } else if (read.kind === 'truncated') {
      this.#orphan(tail.state);
      const renewed = tail.renewed();
      this.#states.push(renewed.state);
      if (tail === this.#current) this.#current = renewed;
      else this.#retiring = this.#retiring.map(each => (each === tail ? renewed : each));
    }
    return undefined;
  }

  #orphan(state: FileState): void {
    this.#orphans.push({ state, until: performance.now() + orphanMilliseconds });
    this.#stirred = true;
  }

  #batch(state: FileState, offset: number, bytes: Buffer): LineBatch {
    const { path } = this.#options;
    const { position, since } = positionOf(path, this.#since, this.#states);
    this.#since = since;
    return { path, file: `${state.dev}:${state.ino}`, offset, bytes, position };
  }

  /** Looks whether the path has become another file. */
  async #look(): Promise<void> {
    const current = this.#current;
    let found: { dev: bigint; ino: bigint };
    try {
      found = await stat(this.#options.path, { bigint: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if (current?.state.dev === found.dev.toString() && current.state.ino === found.ino.toString()) return;
    if (current !== undefined) {
      current.lastData = performance.now();
      this.#retiring.push(current);
    }
    this.#stirred = true;
    await this.#openCurrent(false);
  }

  /** Closes files that were rotated away and have been silent long enough. */
  async *#retire(): AsyncGenerator<LineBatch> {
    const limit = this.#options.retireMilliseconds ?? 10_000;
    const silent = (tail: Tail): boolean => tail.atEnd && performance.now() - tail.lastData > limit;
    for (const tail of this.#retiring.filter(silent)) {
      const { offset } = tail.state;
      const rest = await tail.rest();
      tail.state.retired = Date.now();
      this.#retiring = this.#retiring.filter(each => each !== tail);
      await tail.close();
      if (rest.length > 0) yield this.#batch(tail.state, offset, rest);
    }
  }

  /** Finds what was rotated away unread: the rest of orphans, and whole files that came and went between looks. */
  async *#recover(): AsyncGenerator<LineBatch> {
    const siblings = await siblingsOf(this.#options.path);
    const orphans = this.#orphans;
    this.#orphans = [];
    for (const orphan of orphans) {
      const { state } = orphan;
      const renamed = siblings.find(each => each.ino === state.ino && each.dev === state.dev);
      const tail = renamed === undefined ? undefined : await Tail.open(renamed.path, state, this.#settings);
      if (tail !== undefined) {
        this.#retiring.push(tail);
        continue;
      }
      const copy = await this.#copyOf(state, siblings);
      if (copy !== undefined && (yield* this.#rest(state, copy))) state.retired = Date.now();
      else if (performance.now() < orphan.until) this.#orphans.push(orphan);
      else {
        this.#damage(state.offset, 'file was truncated or is gone, and no rotated copy holds its rest', 0);
        state.retired = Date.now();
      }
    }
    if (this.#settled.size > settledLimit) this.#settled.clear();
    for (const sibling of siblings) {
      const key = `${sibling.dev}:${sibling.ino}:${sibling.size}:${sibling.modified}`;
      if (sibling.modified < this.#since || this.#settled.has(key)) continue;
      if ((await this.#isKnown(sibling)) || (yield* this.#unseen(sibling))) this.#settled.add(key);
    }
  }

  async #copyOf(orphan: FileState, siblings: readonly Sibling[]): Promise<Sibling | undefined> {
    for (const sibling of siblings.toReversed()) {
      if (headMatches(orphan.head, await headOf(sibling.path))) return sibling;
    }
    return undefined;
  }

  async #isKnown(sibling: Sibling): Promise<boolean> {
    const { dev, ino } = sibling;
    if (this.#states.some(each => each.ino === ino && each.dev === dev && each.retired === 0)) return true;
    const head = await headOf(sibling.path);
    if (this.#states.some(each => headMatches(each.head, head))) return true;
    // A file that is open but not read yet, whose compressed copy is already there.
    for (const tail of this.#retiring) {
      if (head.length > 0 && head.equals(await tail.fileHead())) return true;
    }
    return false;
  }

  /** A file that was never read; it may still be written to, unless it is compressed. False when it has gone. */
  async *#unseen(sibling: Sibling): AsyncGenerator<LineBatch, boolean> {
    if (!/\.(?:gz|zst)$/.test(sibling.path)) {
      const tail = await Tail.open(sibling.path, undefined, this.#settings);
      if (tail === undefined) return false;
      this.#states.push(tail.state);
      this.#retiring.push(tail);
      return true;
    }
    const { dev, ino } = sibling;
    const state: FileState = { dev, ino, offset: 0, head: { length: 0, sha256: '' }, retired: 0 };
    const head = await headOf(sibling.path);
    if (head.length === 0) return false;
    state.head = headPrint(head);
    this.#states.push(state);
    if (yield* this.#rest(state, sibling)) state.retired = Date.now();
    else this.#orphan(state);
    return true;
  }

  /** What a rotated copy holds beyond what was read; false when it went away or is not all written yet. */
  async *#rest(state: FileState, sibling: Sibling): AsyncGenerator<LineBatch, boolean> {
    let known = state.offset;
    let held = Buffer.alloc(0);
    let whole = true;
    const content = contentOf(sibling.path, () => {
      whole = false;
    });
    for await (const chunk of content) {
      const skip = Math.min(known, chunk.length);
      known -= skip;
      if (skip === chunk.length) continue;
      held = Buffer.concat([held, chunk.subarray(skip)]);
      const end = held.lastIndexOf(10) + 1;
      if (end > 0) {
        const { offset } = state;
        state.offset += end;
        yield this.#batch(state, offset, held.subarray(0, end));
        held = Buffer.from(held.subarray(end));
      } else if (held.length > this.#settings.lineBytes) {
        this.#damage(state.offset, `line is longer than ${this.#settings.lineBytes} bytes`, held.length);
        state.offset += held.length;
        held = Buffer.alloc(0);
      }
    }
    if (held.length > 0 && whole) {
      const { offset } = state;
      state.offset += held.length;
      yield this.#batch(state, offset, held);
    }
    return whole;
  }

  #damage(offset: number, reason: string, skipped: number): void {
    this.#options.onDamage?.({ name: this.#options.path, offset, line: 0, reason, skipped });
  }

  #watch(): void {
    const { path } = this.#options;
    try {
      this.#watcher = watch(dirname(path), { persistent: false }, (change, name) => {
        // Other logs of the folder are no news; a rename may be a rotation.
        if (change !== 'rename' && name !== null && name !== basename(path)) return;
        this.#tell();
      });
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#pollMilliseconds = unwatchedPollMilliseconds;
        this.#tell();
      });
      this.#pollMilliseconds = watchedPollMilliseconds;
    } catch {
      // Without inotify the follower still looks at every poll.
    }
    this.#options.signal?.addEventListener('abort', () => this.#tell(), { once: true });
  }

  /** There is news, for a wait that has begun or the next one. */
  #tell(): void {
    this.#changed = true;
    this.#wake();
  }

  /** Waits for news, or until it is time for a look without one. */
  async #wait(): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, this.#pollInterval);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = () => {};
    }
    // A busy log tells of each write: a short rest gathers them.
    if (this.#changed) await new Promise(resolve => setTimeout(resolve, restMilliseconds));
    this.#changed = false;
  }

  get #pollInterval(): number {
    const { pollMilliseconds } = this.#options;
    if (pollMilliseconds !== undefined) return pollMilliseconds;
    const isRotating = this.#retiring.length + this.#orphans.length > 0;
    return isRotating ? Math.min(this.#pollMilliseconds, rotatingPollMilliseconds) : this.#pollMilliseconds;
  }
}
