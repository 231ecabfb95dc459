/** A small file that is either the old one or the new one, whatever moment the power fails. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './folder.ts';

/** The calls that replacing takes; tests put a fault in front of or behind each of them. */
export type FileCalls = Pick<
  typeof fs,
  'openSync' | 'writeFileSync' | 'fsyncSync' | 'closeSync' | 'renameSync'
>;

/**
 * Replaces a file as a whole: written beside it, synced, renamed over it, the folder synced. When this returns, the
 * new content survives a loss of power; when it throws, the old file is as it was.
 * @param mode permission bits of the new file
 * @throws the system's error (ENOSPC, EROFS …)
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
  calls: FileCalls = fs,
): void {
  const temporary = `${path}.new`;
  const file = calls.openSync(temporary, 'w', mode);
  try {
    calls.writeFileSync(file, content);
    calls.fsyncSync(file);
  } finally {
    calls.closeSync(file);
  }
  calls.renameSync(temporary, path);
  syncFolder(dirname(path), calls);
}

/** The same for what is large: nobody waits meanwhile, and only its owner may read it. */
export async function replaceLarge(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      for (const part of parts) if (part.length > 0) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/**
 * The text of a regular file.
 * @param limit bytes; a longer file is refused
 * @returns undefined when there is none
 * @throws Error naming the file when it is no regular file, too long, or cannot be read
 */
export function readSmallFile(path: string, limit: number): string | undefined {
  let file: number;
  try {
    // Not blocking: a FIFO that somebody put here would hold us for ever.
    file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const found = fs.fstatSync(file);
    if (!found.isFile()) throw new Error(`${path} is no regular file`);
    if (found.size > limit) throw new Error(`${path} is larger than ${limit} bytes`);
    return fs.readFileSync(file, 'utf8');
  } finally {
    fs.closeSync(file);
  }
}
