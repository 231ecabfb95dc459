/** From time since boot to the wall clock, following its jumps. */
import { readFileSync } from 'node:fs';

/** Resolution of /proc/uptime, milliseconds. */
const uptimeStep = 10;

/** How far NTP may slew the wall clock in a millisecond (adjtimex(2): 500 ppm). */
const slewPerMillisecond = 0.0005;

/** Readings that are enough to see /proc/uptime step on; each takes about 10 µs. */
const edgeReadings = 2_000;

/** One look at both clocks. */
export interface ClockReading {
  /** CLOCK_BOOTTIME as /proc/uptime shows it: milliseconds, rounded down to 10. */
  uptime: number;
  /** CLOCK_REALTIME in milliseconds, rounded down to 1, before and after `uptime` was read. */
  before: number;
  after: number;
}

function readClocks(): ClockReading {
  const before = Date.now();
  const uptime = Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;
  return { before, uptime, after: Date.now() };
}

/**
 * The epoch time of boot. Each reading tells it to 10 ms, the intersection of readings to about 1 ms. A reading that contradicts the others means that the wall clock was set.
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
  constructor(read: () => ClockReading = readClocks) {
    this.#read = read;
    // The moment at which /proc/uptime steps on tells the epoch best; it comes within 10 ms.
    this.measure();
    const first = this.#readAt;
    for (let count = 0; count < edgeReadings && this.#readAt === first; count++) this.measure();
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
    const { uptime, before, after } = this.#read();
    const low = before - uptime - uptimeStep;
    const high = after + 1 - uptime;
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
