/** Giving back memory that a program no longer needs. */
import { loadAddon } from './native.ts';

/**
 * Gives back free memory inside the C library. Everything waits meanwhile, for milliseconds.
 * @param constants also lets go of the program's code and constants: what is still needed comes back from the page
 *   cache as it is used, a fault a page. Only worth it after a start, the program's own or a thread's.
 * @throws KernelSensorError when the addon has not been built
 */
export function trimMemory(constants: boolean): void {
  loadAddon().trim(constants);
}
