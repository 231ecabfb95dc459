/** Telling from digests over stretches of a walk that nothing has changed, without looking at the golden entries. */
import type { CollectOptions } from '../collector.ts';
import { digestOfStretch, type Mark } from '../state/marks.ts';
import type { FilePolicy } from './policy.ts';
import { walkPolicy } from './walk.ts';

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

/**
 * Whether a walk sees exactly the stretches of the golden state. Device, inode, size, modification and change time of
 * every entry stand in them; the kernel sets the change time, and no system call sets it back.
 */
export async function filesUnchanged(
  policy: FilePolicy,
  marks: readonly Mark[],
  { root, signal, onProgress }: CollectOptions,
): Promise<boolean> {
  const total = marks.reduce((sum, [entries]) => sum + entries, 0);
  let done = 0;
  let at = 0;
  let before = '';
  for await (const bytes of walkPolicy(policy, root)) {
    signal?.throwIfAborted();
    const [entries = 0, expected] = marks[at] ?? [];
    if (before === '' && digestOfStretch(bytes) === expected) {
      at++;
      done += entries;
      onProgress?.(done, total);
      continue;
    }
    // Something differs, or something ignored is among it.
    const stretch = heeded(policy, bytes);
    const text = before + stretch.text;
    if (text === '') continue;
    if (!stretch.ended) {
      before = text;
      continue;
    }
    if (digestOfStretch(Buffer.from(text)) !== expected) return false;
    before = '';
    at++;
    done += entries;
  }
  if (before !== '') {
    if (digestOfStretch(Buffer.from(before)) !== marks[at]?.[1]) return false;
    at++;
  }
  return at === marks.length;
}
