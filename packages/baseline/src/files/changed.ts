/** Telling from digests over stretches of a walk where something has changed, without looking at the golden entries. */
import { availableParallelism } from 'node:os';
import type { TreeWalk } from '@redoubt/kernel/tree';
import type { CollectOptions } from '../collector.ts';
import type { StateHeader } from '../state/format.ts';
import { compareKeys } from '../state/key.ts';
import type { Mark } from '../state/marks.ts';
import { joinedRanges, type KeyRange } from '../state/ranges.ts';
import { digestOfText } from '../state/sign.ts';
import type { FilePolicy } from './policy.ts';
import { walksAfter } from './walk.ts';

interface Stretch {
  readonly text: string;
  /** The last key of them. */
  readonly last: string;
  /** Whether the key that ended the batch belongs to the state. */
  readonly ended: boolean;
}

/** The part of a batch that the policy does not ignore. */
function heeded(policy: FilePolicy, bytes: Buffer): Stretch {
  const fields = bytes.toString('utf8').split('\0');
  let text = '';
  let last = '';
  let ended = false;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const key = fields[at] as string;
    ended = policy.classOf(key) !== 'ignored';
    if (!ended) continue;
    text += `${key}\0${fields[at + 1]}\0`;
    last = key;
  }
  return { text, last, ended };
}

/** Walks at a time: the threads of Node's pool are four. */
const mostWalks = 4;

/** Where each of several walks begins among the marks, so that each has about as many entries. */
function shares(marks: readonly Mark[], number: number): number[] {
  const starts = [0];
  const total = marks.reduce((sum, [entries]) => sum + entries, 0);
  let passed = 0;
  marks.forEach(([entries], at) => {
    if (passed >= (total * starts.length) / number && at > (starts.at(-1) ?? 0)) starts.push(at);
    passed += entries;
  });
  return starts;
}

/** A walk beside the marks that are its share. */
class Share {
  readonly #marks: readonly Mark[];
  readonly #from: number;
  readonly #to: number;
  readonly ranges: KeyRange[] = [];
  /** The mark that the walk comes to next. */
  #at: number;
  /** What was walked of its stretch already. */
  #before = '';
  /** Something differs after this key, and the walk has not come to the end of a golden stretch since. */
  #differsAfter: string | undefined;

  /** @param to the mark after the last of its share */
  constructor(marks: readonly Mark[], from: number, to: number) {
    this.#marks = marks;
    this.#from = from;
    this.#to = to;
    this.#at = from;
  }

  /** Whether what is after its last mark is its affair, too. */
  get #isLast(): boolean {
    return this.#to === this.#marks.length;
  }

  get isDone(): boolean {
    return !this.#isLast && this.#at >= this.#to;
  }

  /** Digest that the next batch has when nothing has changed; empty where it must be looked at. */
  get expected(): string {
    const isBegun = this.#before !== '' || this.#differsAfter !== undefined;
    return isBegun ? '' : (this.#marks[this.#at]?.[1] ?? '');
  }

  /** Entries of the golden stretches that were passed. */
  get entries(): number {
    return this.#marks.slice(this.#from, this.#at).reduce((sum, [entries]) => sum + entries, 0);
  }

  #lastBefore(mark: number): string {
    return this.#marks[mark - 1]?.[2] ?? '';
  }

  /** The next batch was the expected one. */
  same(): void {
    this.#at++;
  }

  /** The next batch, which was not. */
  take({ text, last, ended }: Stretch): void {
    if (text === '' || (this.#differsAfter === undefined && !this.#differs(text, ended))) return;
    this.#differsAfter ??= this.#lastBefore(this.#at);
    const after = this.#differsAfter;
    const end = this.#isLast ? undefined : this.#lastBefore(this.#to);
    const passed = this.#marks.slice(this.#at, this.#to).findIndex(([, , key]) => key === last);
    if (end !== undefined && compareKeys(last, end) >= 0) this.#close(after, end, this.#to);
    else if (passed >= 0) this.#close(after, last, this.#at + passed + 1);
  }

  /** Whether the stretch that ends with this batch, if one does, is another than the golden one. */
  #differs(text: string, ended: boolean): boolean {
    const whole = this.#before + text;
    this.#before = ended ? '' : whole;
    if (!ended) return false;
    if (digestOfText(whole) !== this.#marks[this.#at]?.[1]) return true;
    this.#at++;
    return false;
  }

  #close(after: string, through: string, next: number): void {
    this.ranges.push({ after, through });
    this.#differsAfter = undefined;
    this.#at = next;
  }

  /** The walk has come to its end. */
  end(): void {
    if (this.#before !== '' && this.#at === this.#to - 1)
      if (digestOfText(this.#before) === this.#marks[this.#at]?.[1]) {
        this.#before = '';
        this.same();
      }
    if (this.#differsAfter === undefined && this.#before === '' && this.#at >= this.#to) return;
    const after = this.#differsAfter ?? this.#lastBefore(this.#at);
    this.ranges.push(this.#isLast ? { after } : { after, through: this.#lastBefore(this.#to) });
    this.#at = this.#to;
  }
}

/**
 * Where walks see something else than the stretches of the golden state, each walk its share of them. Device, inode,
 * size, modification and change time of every entry stand in them; the kernel sets the change time, and no system call
 * sets it back.
 * @param policy the one that the state was made under; asked for only when something may have changed
 * @returns ranges in order, none when nothing has changed; undefined for a state without marks
 */
export async function changedFiles(
  { marks, trees }: Pick<StateHeader, 'marks' | 'trees'>,
  policy: () => FilePolicy,
  { root, signal, onProgress }: CollectOptions,
): Promise<KeyRange[] | undefined> {
  if (marks === undefined) return undefined;
  const total = marks.reduce((sum, [entries]) => sum + entries, 0);
  const starts = shares(marks, Math.min(mostWalks, availableParallelism()));
  const walks = walksAfter(
    trees ?? policy(),
    root,
    starts.map(start => marks[start - 1]?.[2] ?? ''),
  );
  const parts = starts.map((start, at) => new Share(marks, start, starts[at + 1] ?? marks.length));
  const look = async (walk: TreeWalk, share: Share): Promise<void> => {
    while (!share.isDone) {
      const bytes = await walk.next(share.expected);
      signal?.throwIfAborted();
      if (bytes === true) share.same();
      else if (bytes.length === 0) return share.end();
      else share.take(heeded(policy(), bytes));
      onProgress?.(
        parts.reduce((sum, { entries }) => sum + entries, 0),
        total,
      );
    }
  };
  await Promise.all(walks.map((walk, at) => look(walk, parts[at] as Share)));
  return joinedRanges(parts.flatMap(({ ranges }) => ranges));
}
