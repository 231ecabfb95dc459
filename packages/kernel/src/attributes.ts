/** Attributes of open files that Node does not reach: extended attributes and times to the nanosecond. */
import { loadAddon } from './native.ts';

/**
 * The extended attributes of an open file (xattr(7)); POSIX ACLs, capabilities and labels are among them.
 * @throws Error with the system's words; KernelSensorError when the addon has not been built
 */
export function readAttributes(fd: number): Map<string, Buffer> {
  const addon = loadAddon();
  return new Map(addon.listAttributes(fd).map(name => [name, Buffer.from(addon.getAttribute(fd, name))]));
}

/**
 * Sets one extended attribute of an open file.
 * @throws Error with the system's words; KernelSensorError when the addon has not been built
 */
export function setAttribute(fd: number, name: string, value: Uint8Array): void {
  loadAddon().setAttribute(fd, name, value);
}

/**
 * Takes one extended attribute away from an open file.
 * @throws Error with the system's words; KernelSensorError when the addon has not been built
 */
export function removeAttribute(fd: number, name: string): void {
  loadAddon().removeAttribute(fd, name);
}

/**
 * Sets the times of an open file.
 * @param accessed nanoseconds since the Unix epoch
 * @param modified nanoseconds since the Unix epoch
 * @throws Error with the system's words; KernelSensorError when the addon has not been built
 */
export function setTimes(fd: number, accessed: bigint, modified: bigint): void {
  loadAddon().setTimes(fd, accessed, modified);
}
