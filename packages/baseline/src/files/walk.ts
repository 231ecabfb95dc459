/** Walking what a policy covers. */
import { TreeWalk, walkTrees } from '@redoubt/kernel';
import { unescapeKey } from '../state/key.ts';
import { foreignMounts } from './mounts.ts';
import type { FilePolicy } from './policy.ts';

const startsOf = (policy: FilePolicy): Buffer[] => policy.paths.map(path => Buffer.from(path));
const prunedOf = (policy: FilePolicy, root: string): Buffer[] => [
  ...policy.pruned.map(unescapeKey),
  ...(root === '/' ? foreignMounts() : []),
];

/** Batches of `key NUL status NUL …`, see `walkTrees`. */
export function walkPolicy(policy: FilePolicy, root: string): AsyncGenerator<Buffer> {
  return walkTrees(root, startsOf(policy), prunedOf(policy, root));
}

/** Several walks of the same, each beginning after its key; the empty key stands for the beginning. */
export function walksAfter(policy: FilePolicy, root: string, keys: readonly string[]): TreeWalk[] {
  const [starts, pruned] = [startsOf(policy), prunedOf(policy, root)];
  return keys.map(key => new TreeWalk(root, starts, pruned, key));
}
