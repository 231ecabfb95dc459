/** The programs of running processes, as the kernel holds them: also those whose file is gone or was never named. */
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import type { FoundFile, WalkCounts } from './walk.ts';

/** One `/proc/PID/exe` for each program that runs, by device and inode. Processes that end meanwhile are left out. */
export function processImages(): string[] {
  const seen = new Set<string>();
  const images: string[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const path = `/proc/${pid}/exe`;
    try {
      const { dev, ino } = statSync(path);
      if (seen.has(`${dev}:${ino}`)) continue;
      seen.add(`${dev}:${ino}`);
      images.push(path);
    } catch {
      // Kernel threads have no program; others have ended, or are not ours to look at.
    }
  }
  return images;
}

/** Where a process's program lies, or lay: `/tmp/x (deleted)`; undefined when the process has ended. */
export function imageTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The images as files of a walk. */
export function* imageFiles(images: readonly string[], counts: WalkCounts): Generator<FoundFile> {
  for (const path of images) {
    try {
      yield { path, stats: statSync(path) };
    } catch {
      counts.notFiles += 1;
    }
  }
}
