/** Real-time changes of covered files from fanotify, or from inotify, where no kernel sensor tells of them. */
import { readFileSync } from 'node:fs';
import { type FileWatch, type WatchedChange, watchFiles } from '@redoubt/kernel';
import { InotifyWatch } from './inotify.ts';
import { foreignMounts } from './mounts.ts';
import type { FilePolicy } from './policy.ts';

/** Mount points at or below covered trees, of file systems that are walked, too (proc_pid_mountinfo(5)). */
function mountsInside(paths: readonly string[]): string[] {
  const foreign = new Set(foreignMounts().map(String));
  const points: string[] = [];
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const point = line.split(' ')[4];
    if (point === undefined || point.includes('\\') || foreign.has(point)) continue;
    if (paths.some(path => path === '/' || point.startsWith(`${path}/`))) points.push(point);
  }
  return points;
}

/** A watch, and what it cannot see. */
export interface PolicyWatch {
  readonly source: 'fanotify' | 'inotify';
  /** Places whose file systems cannot be watched, with the reason: only whole checks look at them. */
  readonly blind: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

/**
 * Watches what a policy covers: whole file systems by fanotify; where that cannot be used, folder by folder by inotify.
 * @param onLost events were lost: the trees have to be checked as a whole
 * @throws Error with `code` where neither can be used
 */
export async function watchPolicy(
  policy: FilePolicy,
  onChange: (change: WatchedChange) => void,
  onLost: (times: number) => void,
): Promise<PolicyWatch> {
  try {
    return watchFileSystems(policy, onChange, onLost);
  } catch (error) {
    const watch = await InotifyWatch.start(policy, onChange);
    if (watch.size === 0) throw error;
    return { source: 'inotify', blind: watch.blind, stop: () => watch.stop() };
  }
}

function watchFileSystems(
  policy: FilePolicy,
  onChange: (change: WatchedChange) => void,
  onLost: (times: number) => void,
): PolicyWatch {
  const places = [...policy.paths, ...mountsInside(policy.paths)];
  const watch: FileWatch = watchFiles({
    places,
    covered: policy.paths,
    onChanges: changes => {
      for (const change of changes) onChange(change);
    },
    onLost,
  });
  if (places.every(place => watch.failed.has(place))) {
    void watch.stop();
    throw new Error(
      `none of the file systems can be watched: ${[...new Set(watch.failed.values())].join(', ')}`,
    );
  }
  // A path that is not there has nothing to watch, and one that is a file or a link lies where another place is.
  const blind = new Map([...watch.failed].filter(([, word]) => word !== 'ENOENT' && word !== 'ENOTDIR'));
  return { source: 'fanotify', blind, stop: () => watch.stop() };
}
