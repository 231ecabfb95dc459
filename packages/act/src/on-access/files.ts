/** Open files: what they are, and opening one by its path without following or waiting for anything. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { FileIdentity } from '@redoubt/detect/scan-helper';

/** Not following a last link, and not waiting for whoever opens the other end of a pipe. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** What identifies the state of a file (stat(2)). */
export function identityOf(fd: number): FileIdentity {
  const { dev, ino, size, mtimeMs, ctimeMs } = fstatSync(fd);
  return { dev, ino, size, mtimeMs, ctimeMs };
}

/** Names the file behind a descriptor; undefined for what has no content: folders, devices, pipes, empty files. */
export function contentKey(fd: number): string | undefined {
  const stats = fstatSync(fd);
  return stats.isFile() && stats.size > 0 ? `${stats.dev}:${stats.ino}` : undefined;
}

/** Opens a file that has content; undefined when there is none at the path. */
export function openContent(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, openFlags);
  } catch {
    return undefined; // gone meanwhile
  }
  if (contentKey(fd) !== undefined) return fd;
  closeSync(fd);
  return undefined;
}
