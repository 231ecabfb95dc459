/** Walking what a policy covers. */
import { TreeWalk, walkTrees } from '@redoubt/kernel/tree';
import type { Trees } from '../state/format.ts';
import { unescapeKey } from '../state/key.ts';
import { foreignMounts } from './mounts.ts';

const startsOf = ({ paths }: Trees): Buffer[] => paths.map(path => Buffer.from(path));
const prunedOf = ({ pruned }: Trees, root: string): Buffer[] => [
  ...pruned.map(unescapeKey),
  ...(root === '/' ? foreignMounts() : []),
];

/** Batches of `key NUL status NUL …`, see `walkTrees`. */
export function walkPolicy(trees: Trees, root: string): AsyncGenerator<Buffer> {
  return walkTrees(root, startsOf(trees), prunedOf(trees, root));
}

/** Several walks of the same, each beginning after its key; the empty key stands for the beginning. */
export function walksAfter(trees: Trees, root: string, keys: readonly string[]): TreeWalk[] {
  const [starts, pruned] = [startsOf(trees), prunedOf(trees, root)];
  return keys.map(key => new TreeWalk(root, starts, pruned, key));
}
