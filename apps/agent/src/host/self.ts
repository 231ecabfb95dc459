/** What the agent itself costs. */

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
