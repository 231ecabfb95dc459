/** What every witness asks of the file system. */
import { constants, lstatSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { digestOf } from '../../digest.ts';

/** MD5 of a regular file, hexadecimal; undefined when it is none or cannot be read. */
export async function md5Of(path: Buffer): Promise<string | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (handle === undefined) return undefined;
  try {
    return (await handle.stat()).isFile() ? (await digestOf(handle, 'md5')).digest : undefined;
  } finally {
    await handle.close();
  }
}

/** When the nearest folder above a path that is still there changed: what was taken away changed it. Milliseconds. */
export function timeOfFolder(path: string): number | undefined {
  for (let folder = dirname(path); folder.length > 1; folder = dirname(folder)) {
    const status = lstatSync(folder, { throwIfNoEntry: false });
    if (status !== undefined) return status.mtimeMs;
  }
  return undefined;
}

/** Tells the form of a file or folder from the next. */
export function formOf(path: string): string {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined ? '' : `${status.ino}:${status.size}:${status.mtimeMs}`;
}

const merged = /^\/(bin|sbin|lib|lib32|lib64|libx32)\//;

/** The keys of a path as a package lists it: one below /bin, /sbin and /lib is the same below /usr. */
export function keysOf(path: string): string[] {
  const key = path.includes('\\') ? path.replaceAll('\\', '\\\\') : path;
  return merged.test(key) ? [key, `/usr${key}`] : [key];
}
