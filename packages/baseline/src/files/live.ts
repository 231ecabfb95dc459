/** Judging files as they change: paths that were touched are looked at soon after, and again when they have rested. */
import { measureFiles, walkTrees } from '@redoubt/kernel';
import type { StateChange, StateEntry } from '@redoubt/model';
import { differingFacts } from '../state/compare.ts';
import { unescapeKey } from '../state/key.ts';
import { entryOf, volatileFacts } from './entry.ts';
import type { FilePolicy } from './policy.ts';

/** What became of a difference. */
type Told = undefined | 'later';

/** What looking at touched files needs. */
export interface LiveOptions<Who> {
  readonly policy: FilePolicy;
  readonly root: string;
  readonly golden: (key: string) => StateEntry | undefined;
  /** Golden keys below a folder, at most `most`: a folder goes, or is renamed, with all that is in it. */
  readonly goldenBelow?: (folder: string, most: number) => readonly string[];
  /** Told of each difference, once for each form that the file takes; and again when it says `later` and is touched. */
  readonly onChange: (change: StateChange, who: Who) => Told | Promise<Told>;
  /** Looks have failed, and what they would have found is not known; it is counted as overflowed. */
  readonly onFailure?: () => void;
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
/** A file that is written to all the time is looked at after so many times what the last look at it took. */
const restForCost = 4;
const mostWaiting = 50_000;
const mostRemembered = 20_000;
const batchSize = 256;

interface Touch<Who> {
  readonly who: Who;
  /** Looks that it has had. */
  look: number;
  due: number;
  /** What the last look took, milliseconds. */
  cost: number;
}

type Queue<Who> = Map<string, Touch<Who>>;

const ignored = new Set<string>(volatileFacts);

/** Files under watch. `Who` is what is known of the one that touched. */
export class LiveFiles<Who> {
  readonly counters: LiveCounters = { touched: 0, looked: 0, changes: 0, overflowed: 0 };
  readonly #options: LiveOptions<Who>;
  /** Touches by the look that they wait for, each in the order in which it is due. */
  readonly #queues: readonly Queue<Who>[] = looks.map(() => new Map());
  /** Touches of files that are dear to look at, in no order. */
  readonly #dear: Queue<Who> = new Map();
  /** The form in which a change was told last, so that it is told once. */
  readonly #told = new Map<string, string>();
  /** Golden folders that are gone and whose content has been looked at. */
  readonly #emptied = new Set<string>();
  readonly #covered: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires, by `performance.now()`. */
  #wakes = Number.POSITIVE_INFINITY;
  #isLooking = false;
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
    const [first, ...later] = this.#queues as [Queue<Who>, ...Queue<Who>[]];
    // Who touched it first since the last look is who is told; asking costs too much to do it for each of many writes.
    if (first.has(key) || this.#dear.has(key)) return;
    const looked = later.find(queue => queue.has(key));
    const cost = looked?.get(key)?.cost ?? 0;
    if (looked === undefined && this.#size >= mostWaiting) {
      this.counters.overflowed++;
      return;
    }
    looked?.delete(key);
    const wait = Math.max(looks[0], restForCost * cost);
    const due = performance.now() + wait;
    (wait > looks[0] ? this.#dear : first).set(key, { who: who(), look: 0, due, cost });
    this.#wakeAt(due);
  }

  get #size(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.size, this.#dear.size);
  }

  #wakeAt(due: number): void {
    if (this.#stopped || this.#isLooking || due >= this.#wakes) return;
    clearTimeout(this.#timer);
    this.#wakes = due;
    this.#timer = setTimeout(
      () => {
        this.#work = this.#turn();
      },
      Math.max(1, due - performance.now()),
    );
  }

  async #turn(): Promise<void> {
    this.#isLooking = true;
    this.#wakes = Number.POSITIVE_INFINITY;
    const due = this.#takeDue();
    try {
      if (due.length > 0) await this.#look(due);
    } catch {
      // What these looks would have found, a whole check must find.
      this.counters.overflowed += due.length;
      this.#options.onFailure?.();
    } finally {
      this.#isLooking = false;
      this.#wakeAt(this.#nextDue());
    }
  }

  /** When the first of all touches is due. */
  #nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues)
      for (const [, { due }] of queue.entries().take(1)) next = Math.min(next, due);
    for (const { due } of this.#dear.values()) next = Math.min(next, due);
    return next;
  }

  /** What is due, new touches first; each goes on to wait for its next look. */
  #takeDue(): [string, Touch<Who>][] {
    const now = performance.now() + 5;
    const due: [string, Touch<Who>][] = [];
    for (const queue of [...this.#queues, this.#dear])
      for (const one of queue) {
        if (due.length >= batchSize) break;
        if (one[1].due <= now) due.push(one);
        else if (queue !== this.#dear) break;
      }
    for (const [key, touch] of due) {
      (this.#dear.get(key) === touch ? this.#dear : this.#queues[touch.look])?.delete(key);
      touch.look++;
      touch.due = performance.now() + (looks[touch.look] ?? 0);
      this.#queues[touch.look]?.set(key, touch);
    }
    return due;
  }

  async #look(due: readonly [string, Touch<Who>][]): Promise<void> {
    const { root, policy, golden, onChange } = this.#options;
    const begun = performance.now();
    const results = await measureFiles(
      root,
      due.map(([key]) => ({ key, type: golden(key)?.facts['type'] === 'folder' ? 'd' : 'f' })),
    );
    const took = performance.now() - begun;
    const cost = took > looks[0] ? took : 0;
    for (const [at, [key, touch]] of due.entries()) {
      const { who } = touch;
      touch.cost = cost;
      const measured = results[at];
      if (measured === undefined) continue;
      this.counters.looked++;
      await this.#lookBelow(key, measured.stat, who);
      const gone = measured.stat === '';
      if (gone && measured.status !== 'gone' && measured.status !== 'ENOTDIR') continue; // cannot be told now
      const before = golden(key);
      const after = gone ? undefined : entryOf(key, policy.classOf(key), measured);
      const change = changeOf(key, before, after);
      // A file that is being written is told once it can be read.
      if (measured.status === 'busy' && touch.look < looks.length) continue;
      const form = change === undefined ? '' : formOf(change);
      if (change === undefined || this.#told.get(key) === form) {
        if (change === undefined) this.#told.delete(key);
        continue;
      }
      if ((await onChange(change, who)) === 'later') continue;
      this.#remember(key, form);
      this.counters.changes++;
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

/** Everything of a change that is no mere trace of time. */
function formOf(change: StateChange): string {
  if (change.kind === 'removed') return change.kind;
  const facts = Object.entries(change.after.facts).filter(([name]) => !ignored.has(name));
  return change.kind + JSON.stringify(facts);
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
