/** Walking what a policy covers. */
import { walkTrees } from '@redoubt/kernel';
import { unescapeKey } from '../state/key.ts';
import { foreignMounts } from './mounts.ts';
import type { FilePolicy } from './policy.ts';

/** Batches of `key NUL status NUL …`, see `walkTrees`. */
export function walkPolicy(policy: FilePolicy, root: string): AsyncGenerator<Buffer> {
  const pruned = [...policy.pruned.map(unescapeKey), ...(root === '/' ? foreignMounts() : [])];
  return walkTrees(
    root,
    policy.paths.map(path => Buffer.from(path)),
    pruned,
  );
}
