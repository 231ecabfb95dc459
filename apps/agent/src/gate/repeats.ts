/** The same thing over and over is told at intervals, with its number. */

/** Keys that are followed; beyond them the oldest begins anew. */
const kept = 4096;
const interval = 10_000;

/** Counts what is alike. */
export class Repeats {
  readonly #seen = new Map<string, { told: number; held: number }>();

  /** @returns how many of a kind are to be told now; 0 while they are held back */
  count(key: string, now = performance.now()): number {
    const seen = this.#seen.get(key);
    if (seen !== undefined && now - seen.told < interval) {
      seen.held++;
      return 0;
    }
    const number = 1 + (seen?.held ?? 0);
    this.#seen.delete(key);
    this.#seen.set(key, { told: now, held: 0 });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > kept && oldest !== undefined) this.#seen.delete(oldest);
    return number;
  }
}
