/** Events a second. */

/** Counts what is added and gives the rate over the last full second; call `tick` once a second. */
export class RateMeter {
  #count = 0;
  #since = performance.now();
  #perSecond = 0;

  /** Adds to the count of the running second. */
  add(count: number): void {
    this.#count += count;
  }

  /** Closes the running second. */
  tick(): void {
    const now = performance.now();
    const elapsed = Math.max(now - this.#since, 1);
    this.#perSecond = Math.round((this.#count / elapsed) * 10_000) / 10;
    this.#count = 0;
    this.#since = now;
  }

  /** The rate over the last closed second. */
  get perSecond(): number {
    return this.#perSecond;
  }
}
