/** Watching file systems for changes through fanotify: what the kernel tells without any program in it. */
import { loadAddon } from './native.ts';

/** One change: what happened is for a look at the file to tell. */
export interface WatchedChange {
  /** Path as a key, see `escapeKey` of the baseline wing. */
  readonly key: string;
  /** Process that did it; it may have ended. 0 when the kernel does not say. */
  readonly pid: number;
  /** It is a folder that was made, removed, renamed, or whose attributes changed. */
  readonly folder: boolean;
}

/** What a watch is started with. */
export interface WatchOptions {
  /** Folders whose file systems are watched, each as a whole. */
  readonly places: readonly string[];
  /** Only changes below these trees, or of what lies above them, are told. */
  readonly covered: readonly string[];
  readonly onChanges: (changes: readonly WatchedChange[]) => void;
  /** The kernel's queue was full, or memory was: what changed meanwhile is not known. */
  readonly onLost: (times: number) => void;
}

/** A watch that runs. */
export interface FileWatch {
  /** Places that cannot be watched, with the name of an errno (`ENOENT`, `EXDEV`, `EOPNOTSUPP`). */
  readonly failed: ReadonlyMap<string, string>;
  /** Resolves when nothing more will be told. */
  stop(): Promise<void>;
}

function parsed(bytes: Buffer): WatchedChange[] {
  const fields = bytes.toString('utf8').split('\0');
  const changes: WatchedChange[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3)
    changes.push({ key: fields[at] as string, pid: Number(fields[at + 1]), folder: fields[at + 2] === 'd' });
  return changes;
}

/**
 * Starts a watch. Needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH, Linux 5.9 or later, and file systems with file handles.
 * @throws Error with `code` (`EPERM`, `EINVAL`, `ENOSYS`) where fanotify cannot be used; KernelSensorError when the
 *   addon has not been built
 */
export function watchFiles({ places, covered, onChanges, onLost }: WatchOptions): FileWatch {
  const addon = loadAddon();
  const bytes = (paths: readonly string[]) => paths.map(path => Buffer.from(path));
  const { watch, failed } = addon.watchOpen(bytes(places), bytes(covered), (events, lost) => {
    if (lost > 0) onLost(lost);
    if (events.length > 0) onChanges(parsed(events));
  });
  return {
    failed: new Map(
      places.map((place, at) => [place, failed[at] ?? '']).filter(([, word]) => word !== '') as [
        string,
        string,
      ][],
    ),
    stop: () => addon.watchStop(watch),
  };
}
