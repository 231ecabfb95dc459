/** What the agent itself costs. */
import { trimMemory } from '@redoubt/observe';

/** Measures the agent's share of one core between calls. */
export class CpuMeter {
  #usage = process.cpuUsage();
  #at = process.hrtime.bigint();
  #percent = 0;

  /** CPU time of all threads since the last measurement, in percent of one core; renewed at most once a second. */
  percent(): number {
    const now = process.hrtime.bigint();
    const elapsedMicroseconds = Number(now - this.#at) / 1000;
    if (elapsedMicroseconds >= 1_000_000) {
      const usage = process.cpuUsage();
      const spent = usage.user + usage.system - this.#usage.user - this.#usage.system;
      this.#percent = Math.round((spent / elapsedMicroseconds) * 1000) / 10;
      this.#usage = usage;
      this.#at = now;
    }
    return this.#percent;
  }
}

/** The start is over by then: programs that ran before are hashed, packages are indexed, code is compiled. */
const startIsOver = 20_000;
/** How often memory is given back later: what a burst of work needed stays with the process otherwise. */
const trimInterval = 300_000;

/** Gives back the memory that only the start needed, and later what bursts needed. @returns what ends that */
export function keepTrim(): () => void {
  let timer = setTimeout(function trim() {
    timer = setTimeout(trim, trimInterval);
    try {
      trimMemory();
    } catch {
      // Without the native addon there is nothing to give back.
    }
  }, startIsOver);
  return () => clearTimeout(timer);
}
