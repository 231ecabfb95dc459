/** Giving back memory that only the start of a program needed. */
import { loadAddon } from './native.ts';

/**
 * Lets go of the process's code pages and of free memory inside the C library. Code that is still needed comes back
 * from the page cache as it is run (minor faults). Call it once, when the start is over.
 * @throws KernelSensorError when the addon has not been built
 */
export function trimMemory(): void {
  loadAddon().trim();
}
