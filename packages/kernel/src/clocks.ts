/** The clock in which records tell times, beside the wall clock (clock_gettime(2)). */
import { loadAddon } from './native.ts';

/** One look at both clocks, milliseconds with a fraction (to about 0.2 µs). */
export interface Clocks {
  /** CLOCK_BOOTTIME: time since boot, suspension included. */
  boot: number;
  /** CLOCK_REALTIME, milliseconds since the Unix epoch, just before and just after; normally below 1 µs apart. */
  before: number;
  after: number;
}

/**
 * Reads both clocks. The first call loads the addon.
 * @throws KernelSensorError when the addon has not been built
 */
export function readClocks(): Clocks {
  const [before = 0, boot = 0, after = 0] = loadAddon().clocks();
  return { boot, before, after };
}
