/** Latency percentiles in constant memory. */

const bucketsPerDoubling = 8;
const smallest = 0.01;
const bucketCount = 25 * bucketsPerDoubling; // up to about five minutes

/**
 * A histogram of durations with logarithmic buckets: a percentile is exact to about 9 % (2^(1/8)), which is
 * far finer than the spread of what is measured, and costs 1.6 kB however many samples there are.
 */
export class LatencyHistogram {
  readonly #buckets = new Float64Array(bucketCount);
  #count = 0;

  /** Adds `times` samples of a duration in milliseconds. Negative ones (a clock that jumped) count as 0. */
  add(milliseconds: number, times = 1): void {
    const doublings = Math.log2(Math.max(milliseconds, smallest) / smallest);
    const bucket = Math.min(Math.floor(doublings * bucketsPerDoubling), bucketCount - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + times;
    this.#count += times;
  }

  /** The duration in milliseconds that a share (0 to 1) of the samples do not exceed; null without samples. */
  percentile(share: number): number | null {
    if (this.#count === 0) return null;
    let seen = 0;
    const wanted = share * this.#count;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#buckets[bucket] ?? 0;
      if (seen >= wanted) return upperBound(bucket);
    }
    return upperBound(bucketCount - 1);
  }
}

function upperBound(bucket: number): number {
  return Math.round(smallest * 2 ** ((bucket + 1) / bucketsPerDoubling) * 1000) / 1000;
}
