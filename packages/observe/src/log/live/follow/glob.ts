/** Follows all files that patterns name, new ones as they appear. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { followFile } from './follower.ts';
import { LogSearch } from './log-search.ts';
import type { FollowOptions, LineBatch } from './options.ts';
import type { FollowPosition } from './position.ts';

/** Files that are named when they cannot be followed. */
const refusedLimit = 1000;

/** How patterns are to be followed. */
export interface FollowGlobOptions extends Omit<FollowOptions, 'path' | 'position'> {
  /** Paths or patterns (`/var/log/nginx/*.log`). Rotated files are left out: they belong to their log. */
  readonly patterns: readonly string[];
  /** Where to go on, by path. */
  readonly positions?: ReadonlyMap<string, FollowPosition>;
  /** How often to look for new files, milliseconds; 5,000 when left out. */
  readonly rescanMilliseconds?: number;
  /** Most files; 1,000 when left out. Those beyond are reported. */
  readonly fileLimit?: number;
}

type Step = { path: string; result: IteratorResult<LineBatch> } | { path: string; error: unknown };

/**
 * Follows the files until the signal aborts. One batch of each file is read ahead at most.
 * A file that appears later is read from its start, whatever `from` says. One that cannot be read is reported and
 * tried again at every look for new files; the others go on meanwhile.
 * @throws Error when a file cannot be read and no other is being followed
 */
export async function* followGlob(options: FollowGlobOptions): AsyncGenerator<LineBatch> {
  const followers = new Map<string, AsyncGenerator<LineBatch>>();
  const steps = new Map<string, Promise<Step>>();
  const ends = new Map<string, AbortController>();
  const refused = new Set<string>();
  // Where a file stands that is followed anew.
  const positions = new Map(options.positions);
  const search = new LogSearch(options.patterns);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const advance = (path: string, follower: AsyncGenerator<LineBatch>): void => {
    steps.set(
      path,
      follower.next().then(
        result => ({ path, result }),
        (error: unknown) => ({ path, error }),
      ),
    );
  };
  const refuse = (path: string, reason: string): void => {
    if (refused.has(path) || refused.size >= refusedLimit) return;
    refused.add(path);
    options.onDamage?.({ name: path, offset: 0, line: 0, reason: `not followed: ${reason}`, skipped: 0 });
  };
  // A log that is away for a moment is being rotated; where its folder is gone, so is all that was rotated.
  const letGo = (): void => {
    for (const [path, follower] of followers) {
      if (existsSync(dirname(path))) continue;
      followers.delete(path);
      steps.delete(path);
      ends.get(path)?.abort();
      ends.delete(path);
      void follower.return(undefined);
    }
  };
  const scan = async (first: boolean): Promise<void> => {
    if (!first) letGo();
    for (const path of await search.find()) {
      if (followers.has(path)) continue;
      if (followers.size >= (options.fileLimit ?? 1000)) {
        refuse(path, 'the limit of files is reached');
        continue;
      }
      const from = first ? (options.from ?? 'start') : 'start';
      const end = new AbortController();
      ends.set(path, end);
      const follower = followFile({
        ...options,
        path,
        position: positions.get(path),
        from,
        signal: AbortSignal.any([signal, end.signal]),
      });
      followers.set(path, follower);
      advance(path, follower);
    }
  };
  try {
    await scan(true);
    let rescan = timer(options.rescanMilliseconds ?? 5000, signal);
    while (!signal.aborted) {
      const step = await Promise.race([...steps.values(), rescan]);
      if (step === undefined) {
        if (signal.aborted) return;
        await scan(false);
        rescan = timer(options.rescanMilliseconds ?? 5000, signal);
        continue;
      }
      const follower = followers.get(step.path);
      if ('error' in step) {
        if (followers.size <= 1) throw step.error;
        refuse(step.path, step.error instanceof Error ? step.error.message : String(step.error));
        followers.delete(step.path);
        steps.delete(step.path);
        continue;
      }
      if (step.result.done === true || follower === undefined) {
        steps.delete(step.path);
        continue;
      }
      refused.delete(step.path);
      positions.set(step.path, step.result.value.position);
      yield step.result.value;
      advance(step.path, follower);
    }
  } finally {
    stop.abort();
    await Promise.allSettled(steps.values());
  }
}

function timer(milliseconds: number, signal: AbortSignal): Promise<undefined> {
  return new Promise(done => {
    const handle = setTimeout(() => {
      signal.removeEventListener('abort', finish);
      done(undefined);
    }, milliseconds);
    const finish = (): void => {
      clearTimeout(handle);
      done(undefined);
    };
    signal.addEventListener('abort', finish, { once: true });
  });
}
