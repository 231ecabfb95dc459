/** Judging files as they change: paths that were touched are looked at soon after, and again when they have rested. */
import { measureFiles, walkTrees } from '@redoubt/kernel';
import type { StateChange, StateEntry } from '@redoubt/model';
import { differingFacts } from '../state/compare.ts';
import { unescapeKey } from '../state/key.ts';
import { entryOf, volatileFacts } from './entry.ts';
import type { FilePolicy } from './policy.ts';

/** What looking at touched files needs. */
export interface LiveOptions<Who> {
  readonly policy: FilePolicy;
  readonly root: string;
  readonly golden: (key: string) => StateEntry | undefined;
  /** Golden keys below a folder, at most `most`: a folder goes, or is renamed, with all that is in it. */
  readonly goldenBelow?: (folder: string, most: number) => readonly string[];
  /** Told of each difference, once for each form that the file takes. */
  readonly onChange: (change: StateChange, who: Who) => void | Promise<void>;
}

/** Counters since the start. */
export interface LiveCounters {
  /** Events of covered paths. */
  touched: number;
  /** Files that were looked at. */
  looked: number;
  /** Differences that were told. */
  changes: number;
  /** Touches that found too many waiting: a whole check must find what they did. */
  overflowed: number;
}

/** Milliseconds after a touch: a program opens before it writes, so the first look may come too early. */
const looks = [20, 500, 5_000] as const;
const mostWaiting = 20_000;
const mostRemembered = 20_000;
const batchSize = 256;

interface Touch<Who> {
  readonly who: Who;
  look: number;
  due: number;
}

const ignored = new Set<string>(volatileFacts);

/** Files under watch. `Who` is what is known of the one that touched. */
export class LiveFiles<Who> {
  readonly counters: LiveCounters = { touched: 0, looked: 0, changes: 0, overflowed: 0 };
  readonly #options: LiveOptions<Who>;
  readonly #waiting = new Map<string, Touch<Who>>();
  /** The form in which a change was told last, so that it is told once. */
  readonly #told = new Map<string, string>();
  /** Golden folders that are gone and whose content has been looked at. */
  readonly #emptied = new Set<string>();
  readonly #covered: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: LiveOptions<Who>) {
    this.#options = options;
    this.#covered = options.policy.paths;
  }

  /** Whether a path is one of those that the policy covers, and of a class that is judged. */
  covers(key: string): boolean {
    const below = this.#covered.some(path => path === '/' || key === path || key.startsWith(`${path}/`));
    if (!below) return false;
    const kind = this.#options.policy.classOf(key);
    return kind !== 'ignored' && kind !== 'logs'; // logs change all the time; whole checks look at them
  }

  /** A path was opened for writing, made, renamed, removed, or its rights were changed. */
  touch(key: string, who: () => Who): void {
    if (this.#stopped || !this.covers(key)) return;
    this.counters.touched++;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined && this.#waiting.size >= mostWaiting) {
      this.counters.overflowed++;
      return;
    }
    // Who touched it first is who is told; asking costs too much to do it for each of many writes.
    this.#waiting.set(key, { who: waiting?.who ?? who(), look: 0, due: performance.now() + looks[0] });
    this.#timer ??= setTimeout(() => this.#turn(), looks[0]);
  }

  #turn(): void {
    this.#timer = undefined;
    this.#work = this.#work.then(() => this.#lookAtDue());
    this.#work.catch(() => {});
  }

  async #lookAtDue(): Promise<void> {
    const now = performance.now() + 5;
    const due: [string, Touch<Who>][] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const one of this.#waiting) {
      if (one[1].due <= now && due.length < batchSize) due.push(one);
      else next = Math.min(next, one[1].due);
    }
    for (const [key, touch] of due) {
      touch.look++;
      const wait = looks[touch.look];
      if (wait === undefined) this.#waiting.delete(key);
      else {
        touch.due = performance.now() + wait;
        next = Math.min(next, touch.due);
      }
    }
    if (due.length > 0) await this.#look(due);
    if (next < Number.POSITIVE_INFINITY && !this.#stopped)
      this.#timer ??= setTimeout(() => this.#turn(), Math.max(1, next - performance.now()));
  }

  async #look(due: readonly [string, Touch<Who>][]): Promise<void> {
    const { root, policy, golden, onChange } = this.#options;
    const results = await measureFiles(
      root,
      due.map(([key]) => ({ key, type: golden(key)?.facts['type'] === 'folder' ? 'd' : 'f' })),
    );
    for (const [at, [key, { who }]] of due.entries()) {
      const measured = results[at];
      if (measured === undefined) continue;
      this.counters.looked++;
      await this.#lookBelow(key, measured.stat, who);
      const gone = measured.stat === '';
      if (gone && measured.status !== 'gone' && measured.status !== 'ENOTDIR') continue; // cannot be told now
      const before = golden(key);
      const after = gone ? undefined : entryOf(key, policy.classOf(key), measured);
      const change = changeOf(key, before, after);
      const form =
        change === undefined
          ? ''
          : JSON.stringify([change.kind, after?.facts['sha256'], after?.facts['mode'], after?.facts['uid']]);
      if (change === undefined || this.#told.get(key) === form) {
        if (change === undefined) this.#told.delete(key);
        continue;
      }
      this.#remember(key, form);
      this.counters.changes++;
      await onChange(change, who);
    }
  }

  /**
   * A folder that is not what it was takes what was below it along; one that was moved here brings what is in it. No
   * event tells of either.
   */
  async #lookBelow(key: string, stat: string, who: Who): Promise<void> {
    const { root, golden, goldenBelow } = this.#options;
    const wasFolder = golden(key)?.facts['type'] === 'folder';
    const isFolder = stat.startsWith('d ');
    if (wasFolder && !isFolder && !this.#emptied.has(key)) {
      this.#noteEmptied(key);
      const keys = goldenBelow?.(key, mostWaiting + 1) ?? [];
      for (const one of keys) this.touch(one, () => who);
    }
    if (isFolder) {
      // What was there and came back is looked at, too.
      if (this.#emptied.delete(key))
        for (const one of goldenBelow?.(key, mostWaiting + 1) ?? []) this.touch(one, () => who);
      if (!wasFolder) await this.#touchAllIn(key, root, who);
    }
  }

  async #touchAllIn(folder: string, root: string, who: Who): Promise<void> {
    let known = 0;
    for await (const bytes of walkTrees(
      root,
      [unescapeKey(folder)],
      this.#options.policy.pruned.map(unescapeKey),
    )) {
      const fields = bytes.toString('utf8').split('\0');
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const key = fields[at] as string;
        if (key !== folder && !this.#told.has(key)) this.touch(key, () => who);
        if (++known > mostWaiting) return; // the touches beyond have been counted as overflowed
      }
    }
  }

  #noteEmptied(key: string): void {
    this.#emptied.add(key);
    if (this.#emptied.size <= mostRemembered) return;
    const [oldest] = this.#emptied;
    if (oldest !== undefined) this.#emptied.delete(oldest);
  }

  #remember(key: string, form: string): void {
    this.#told.delete(key);
    this.#told.set(key, form);
    if (this.#told.size <= mostRemembered) return;
    const [oldest] = this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
  }

  /** Ends it; a look that is under way ends first. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#work.catch(() => {});
  }
}

function changeOf(
  key: string,
  before: StateEntry | undefined,
  after: StateEntry | undefined,
): StateChange | undefined {
  if (before === undefined) return after === undefined ? undefined : { kind: 'added', key, after };
  if (after === undefined) return { kind: 'removed', key, before };
  const fields = differingFacts(before.facts, after.facts, ignored);
  return fields.length === 0 ? undefined : { kind: 'changed', key, before, after, fields };
}
