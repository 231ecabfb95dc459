/** From time since boot to the wall clock, following its jumps. */
import { readFileSync } from 'node:fs';
import { KernelSensorError, readClocks } from '@redoubt/kernel';

/** Resolution of /proc/uptime, milliseconds. */
const uptimeStep = 10;

/** How far NTP may slew the wall clock in a millisecond (adjtimex(2): 500 ppm). */
const slewPerMillisecond = 0.0005;

/** Readings that are enough to see /proc/uptime step on; each takes about 10 µs. */
const edgeReadings = 2_000;

/**
 * Events tell whole milliseconds. The wall clock is slewed by some microseconds a second nearly always; the epoch
 * follows in steps of this size rather than with each look, so that times computed at different moments agree.
 */
const tolerance = 0.5;

/** One look at both clocks. */
export interface ClockReading {
  /** CLOCK_BOOTTIME, milliseconds. */
  uptime: number;
  /** Between what the epoch time of boot must be, milliseconds. */
  earliest: number;
  latest: number;
}

/** What /proc/uptime, rounded down to 10 ms, and Date.now(), rounded down to 1 ms, tell. */
export function coarseReading(uptime: number, before: number, after: number): ClockReading {
  return { uptime, earliest: before - uptime - uptimeStep, latest: after + 1 - uptime };
}

/** Reads the clocks on a host without the addon. */
export function readCoarsely(): ClockReading {
  const before = Date.now();
  const uptime = Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;
  return coarseReading(uptime, before, Date.now());
}

function readExactly(): ClockReading {
  const { boot, before, after } = readClocks();
  return { uptime: boot, earliest: before - boot - tolerance, latest: after - boot + tolerance };
}

/** The exact way where the kernel sensor's addon has been built. */
function bestReader(): () => ClockReading {
  try {
    readClocks();
    return readExactly;
  } catch (error) {
    if (!(error instanceof KernelSensorError)) throw error;
    return readCoarsely;
  }
}

/**
 * The epoch time of boot. A reading of the clocks themselves tells it to half a millisecond, one of /proc/uptime
 * to 10 ms and the intersection of several to about 1 ms. A reading that contradicts the others means that the
 * wall clock was set.
 */
export class BootClock {
  readonly #read: () => ClockReading;
  #low = Number.NEGATIVE_INFINITY;
  #high = Number.POSITIVE_INFINITY;
  #readAt = 0;
  #bootEpoch = 0;
  /** How often the wall clock was found to have been set. */
  jumps = 0;

  /** @param read looks at both clocks; given by tests */
  constructor(read: () => ClockReading = bestReader()) {
    this.#read = read;
    this.measure();
    // The moment at which /proc/uptime steps on tells the epoch best; it comes within 10 ms.
    const first = this.#readAt;
    const coarse = this.#high - this.#low > 2 * tolerance + 1;
    for (let count = 0; coarse && count < edgeReadings && this.#readAt === first; count++) this.measure();
    this.#bootEpoch = (this.#low + this.#high) / 2;
  }

  /** Epoch time of boot, milliseconds. */
  get bootEpoch(): number {
    return this.#bootEpoch;
  }

  /** Milliseconds since boot. */
  now(): number {
    return Date.now() - this.#bootEpoch;
  }

  /**
   * Looks at the clocks again; call about once a second.
   * @returns whether the wall clock was set since the last look
   */
  measure(): boolean {
    const { uptime, earliest: low, latest: high } = this.#read();
    const slew = Math.max(0, uptime - this.#readAt) * slewPerMillisecond;
    this.#readAt = uptime;
    let [newLow, newHigh] = [Math.max(this.#low - slew, low), Math.min(this.#high + slew, high)];
    const jumped = newLow > newHigh;
    if (jumped) {
      this.jumps++;
      [newLow, newHigh] = [low, high];
    }
    this.#low = newLow;
    this.#high = newHigh;
    // It stays as it is while it can be right, so that times computed at different moments agree.
    const stays = this.#bootEpoch >= newLow && this.#bootEpoch <= newHigh;
    if (!stays) this.#bootEpoch = (newLow + newHigh) / 2;
    return jumped;
  }
}
