/** Telling from digests over stretches of a walk that nothing has changed, without looking at the golden entries. */
import { availableParallelism } from 'node:os';
import type { TreeWalk } from '@redoubt/kernel/tree';
import type { CollectOptions } from '../collector.ts';
import type { StateHeader } from '../state/format.ts';
import type { Mark } from '../state/marks.ts';
import { digestOfText } from '../state/sign.ts';
import type { FilePolicy } from './policy.ts';
import { walksAfter } from './walk.ts';

interface Stretch {
  readonly text: string;
  readonly entries: number;
  /** Whether the key that ended the batch belongs to the state. */
  readonly ended: boolean;
}

/** The part of a batch that the policy does not ignore. */
function heeded(policy: FilePolicy, bytes: Buffer): Stretch {
  const fields = bytes.toString('utf8').split('\0');
  let text = '';
  let entries = 0;
  let ended = false;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const key = fields[at] as string;
    ended = policy.classOf(key) !== 'ignored';
    if (!ended) continue;
    text += `${key}\0${fields[at + 1]}\0`;
    entries++;
  }
  return { text, entries, ended };
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

/**
 * Whether a walk sees the marks that are its share, and, when it is the last, nothing after them.
 * @param onStretch told the entries of each stretch that is as it was; false ends the walk
 */
async function seesItsShare(
  walk: TreeWalk,
  marks: readonly Mark[],
  isLast: boolean,
  policy: () => FilePolicy,
  onStretch: (entries: number) => boolean,
): Promise<boolean> {
  let at = 0;
  let before = '';
  while (isLast || at < marks.length) {
    const [entries = 0, expected = ''] = marks[at] ?? [];
    const bytes = await walk.next(before === '' ? expected : '');
    if (bytes !== true) {
      if (bytes.length === 0) break;
      // Something differs, or something ignored is among it.
      const stretch = heeded(policy(), bytes);
      const text = before + stretch.text;
      if (text === '') continue;
      if (!stretch.ended) {
        before = text;
        continue;
      }
      if (digestOfText(text) !== expected) return false;
      before = '';
    }
    at++;
    if (!onStretch(entries)) return false;
  }
  if (before !== '') return at === marks.length - 1 && digestOfText(before) === marks[at]?.[1];
  return at === marks.length;
}

/**
 * Whether walks see exactly the stretches of the golden state, each walk its share of them. Device, inode, size,
 * modification and change time of every entry stand in them; the kernel sets the change time, and no system call sets
 * it back.
 * @param policy the one that the state was made under; asked for only when something may have changed
 * @returns false, too, for a state without marks
 */
export async function filesUnchanged(
  { marks, trees }: Pick<StateHeader, 'marks' | 'trees'>,
  policy: () => FilePolicy,
  { root, signal, onProgress }: CollectOptions,
): Promise<boolean> {
  if (marks === undefined) return false;
  const total = marks.reduce((sum, [entries]) => sum + entries, 0);
  const starts = shares(marks, Math.min(mostWalks, availableParallelism()));
  const walks = walksAfter(
    trees ?? policy(),
    root,
    starts.map(start => marks[start - 1]?.[2] ?? ''),
  );
  let done = 0;
  let same = true;
  const look = async (walk: TreeWalk, at: number): Promise<void> => {
    const share = marks.slice(starts[at], starts[at + 1]);
    const seen = await seesItsShare(walk, share, at === walks.length - 1, policy, entries => {
      signal?.throwIfAborted();
      done += entries;
      onProgress?.(done, total);
      return same;
    });
    same &&= seen;
  };
  await Promise.all(walks.map(look));
  return same;
}
