/** Walking what a policy covers. */
import { TreeWalk } from '@redoubt/kernel/tree';
import type { Trees } from '../state/format.ts';
import { compareKeys, unescapeKey } from '../state/key.ts';
import type { KeyRange } from '../state/ranges.ts';
import { foreignMounts } from './mounts.ts';

const prunedOf = ({ pruned }: Trees, root: string): Buffer[] => [
  ...pruned.map(unescapeKey),
  ...(root === '/' ? foreignMounts() : []),
];

/** Key, status, key, status … of each batch of a walk. */
export async function* fieldsOf(walk: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  for await (const bytes of walk) yield split(bytes);
}

function split(bytes: Buffer): string[] {
  const fields = bytes.toString('utf8').split('\0');
  fields.pop(); // behind the last NUL
  return fields;
}

/**
 * Walks ranges of keys in order, everything when there are none.
 * @returns batches of key, status, key, status …, see `walkTrees`
 */
export async function* walkPolicy(
  trees: Trees,
  root: string,
  ranges: readonly KeyRange[] = [{ after: '' }],
): AsyncGenerator<string[]> {
  const starts = trees.paths.map(path => Buffer.from(path));
  const pruned = prunedOf(trees, root);
  for (const { after, through } of ranges) {
    const walk = new TreeWalk(root, starts, pruned, after);
    // The next batch is walked while this one is looked at.
    for (let next = walk.next(); ; ) {
      const bytes = await next;
      if (bytes.length === 0) break;
      const fields = split(bytes);
      const beyond = (key: string | undefined): boolean =>
        through !== undefined && key !== undefined && compareKeys(key, through) > 0;
      const isLast = beyond(fields.at(-2));
      if (isLast) while (beyond(fields.at(-2))) fields.length -= 2;
      else {
        next = walk.next();
        next.catch(() => {}); // told at the next turn, if there is one
      }
      if (fields.length > 0) yield fields;
      if (isLast) break;
    }
  }
}
