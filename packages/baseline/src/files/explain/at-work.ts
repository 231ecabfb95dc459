/** Which processes hold the locks of the package managers: while they do, what they change is not finished. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Held as long as apt, dpkg, rpm or dnf work (dpkg(1), rpm's `rpmlock_path`). */
const lockFiles = [
  'var/lib/dpkg/lock-frontend',
  'var/lib/dpkg/lock',
  'var/lib/rpm/.rpm.lock',
  'usr/lib/sysimage/rpm/.rpm.lock',
];

/**
 * Pids of the processes that hold such a lock for writing, from /proc/locks (proc_locks(5)); 0 for one of another
 * namespace. Locks are told by inode alone, since their device is that of the file system below where one is stacked.
 */
export function packageManagersAtWork(root = '/', locks = '/proc/locks'): ReadonlySet<number> {
  const inodes = new Set<string>();
  for (const file of lockFiles) {
    const status = statSync(join(root, file), { throwIfNoEntry: false });
    if (status !== undefined) inodes.add(String(status.ino));
  }
  const pids = new Set<number>();
  if (inodes.size === 0) return pids;
  for (const line of readFileSync(locks, 'latin1').split('\n')) {
    const [, pid, inode = ''] = /^\d+: \S+ +\S+ +WRITE +(-?\d+) \S+:(\d+) /.exec(line) ?? [];
    if (inodes.has(inode)) pids.add(Math.max(0, Number(pid)));
  }
  return pids;
}
