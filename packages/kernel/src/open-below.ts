/** Opening files below a root so that no link on the way, and none put there meanwhile, leads elsewhere. */
import { closeSync, constants, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { loadAddon } from './native.ts';

/**
 * Opens a path below a folder through openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS. With O_PATH the last
 * part may be a link, which is opened itself. The descriptor closes on exec.
 * @param path from the root, as bytes; a slash in front is passed over; empty for the root itself
 * @returns a file descriptor that the caller closes
 * @throws Error with `code` (`ENOENT`, `ELOOP`, …); KernelSensorError when the addon has not been built
 */
export function openBelow(root: string, path: Buffer, flags: number): number {
  const folder = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const relative = path[0] === 0x2f ? path.subarray(1) : path;
    const fd = loadAddon().openBelow(folder, relative, flags);
    if (fd >= 0) return fd;
    const code = getSystemErrorName(fd);
    throw Object.assign(new Error(`${code}: ${path.toString('utf8')} below ${root}`), { code, errno: fd });
  } finally {
    closeSync(folder);
  }
}
