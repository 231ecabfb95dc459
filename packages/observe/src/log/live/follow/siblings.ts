/** The rotated files beside a log: `app.log.1`, `app.log-20240501`, `app.log.2.gz` … */
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { plainBytes, readHead } from '../../input/decompress.ts';
import { defaultLimits } from '../../limits.ts';
import { headBytes } from './position.ts';

/** A rotated file. */
export interface Sibling {
  readonly path: string;
  readonly dev: string;
  readonly ino: string;
  readonly size: number;
  /** Last change of the content, milliseconds since the epoch. */
  readonly modified: number;
}

const suffix = /^[.-].{1,64}$/;
const extensionFirst = /^-?\d{4,}.{0,32}$/;
const siblingsLimit = 1024;

/** Whether a name is that of a rotated log rather than of a log that is written to. */
export function isRotatedName(name: string): boolean {
  return /(?:[.-]\d{1,14}(?:-\d{1,6})?|\.old|\.gz|\.zst|\.bz2|\.xz|~)$/.test(name);
}

/**
 * The regular files beside `path` that its rotation may have made, oldest first. `app.log` may become
 * `app.log.1`, `app.log-20240501` or `app-20240501.log`. None are left of a folder that is gone.
 */
export async function siblingsOf(path: string): Promise<Sibling[]> {
  const base = basename(path);
  const folder = dirname(path);
  const dot = base.lastIndexOf('.');
  const stem = dot > 0 ? base.slice(0, dot) : base;
  const names = (await namesIn(folder)).filter(name => {
    if (name === base) return false;
    if (name.startsWith(base)) return suffix.test(name.slice(base.length));
    return dot > 0 && name.startsWith(stem) && extensionFirst.test(name.slice(stem.length));
  });
  const found: Sibling[] = [];
  for (const name of names.slice(0, siblingsLimit)) {
    try {
      const stat = await lstat(join(folder, name), { bigint: true });
      if (!stat.isFile() || stat.size === 0n) continue;
      found.push({
        path: join(folder, name),
        dev: stat.dev.toString(),
        ino: stat.ino.toString(),
        size: Number(stat.size),
        modified: Number(stat.mtimeMs),
      });
    } catch (error) {
      // Rotation goes on while we look.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found.sort((a, b) => a.modified - b.modified);
}

/** The names in a folder; none when the folder is gone. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * The content of a rotated file, decompressed.
 * @param report told when the file is gone, or its compressed data is cut off: it may still be written
 */
export async function* contentOf(path: string, report: (reason: string) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* plainBytes(createReadStream(path), defaultLimits, report);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    report('the file is gone');
  }
}

/** The first bytes of a rotated file's content; empty when it has gone in the meantime. */
export async function headOf(path: string): Promise<Buffer> {
  const content = contentOf(path, () => {});
  try {
    return (await readHead(content, headBytes)).head.subarray(0, headBytes);
  } finally {
    await content.return(undefined);
  }
}
