/** The few statistics that the benchmarks state. All are exact order statistics; nothing is assumed normal. */

function sorted(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('no values to take a statistic of');
  if (!values.every(Number.isFinite)) throw new RangeError(`not finite: ${values.join(', ')}`);
  return values.toSorted((a, b) => a - b);
}

/**
 * The value below which the fraction `p` (0 to 1) of `values` lies, interpolated linearly between neighbours
 * (Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996, definition 7).
 * @throws RangeError if there are no values, one is not finite, or `p` is outside 0 to 1
 */
export function percentile(values: readonly number[], p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`${p} is not a fraction between 0 and 1`);
  const order = sorted(values);
  const position = p * (order.length - 1);
  const low = Math.floor(position);
  const below = order[low] ?? Number.NaN;
  const above = order[Math.min(low + 1, order.length - 1)] ?? Number.NaN;
  return below + (above - below) * (position - low);
}

/** The middle of `values`; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Median and extremes of one series of measurements, in the unit of the measurements. */
export interface Spread {
  median: number;
  min: number;
  max: number;
  count: number;
}

/** Median, smallest, largest and number of `values`. */
export function spread(values: readonly number[]): Spread {
  const order = sorted(values);
  return {
    median: median(order),
    min: order[0] ?? Number.NaN,
    max: order.at(-1) ?? Number.NaN,
    count: order.length,
  };
}

/**
 * The ratio `changed[i] / reference[i]` of every pair. What disturbs both runs of a pair alike (a neighbour,
 * a slow disk) cancels out in it, which it does not in a ratio of medians.
 * @throws RangeError if the series differ in length or a reference is not positive
 */
export function pairRatios(reference: readonly number[], changed: readonly number[]): number[] {
  if (reference.length !== changed.length) {
    throw new RangeError(`${reference.length} references for ${changed.length} measurements`);
  }
  return changed.map((value, i) => {
    const base = reference[i] ?? Number.NaN;
    if (!(base > 0)) throw new RangeError(`pair ${i}: the reference ${base} is not positive`);
    return value / base;
  });
}

/** An interval with the confidence that it really reaches. */
export interface Interval {
  low: number;
  high: number;
  confidence: number;
}

/**
 * A confidence interval of the median from order statistics (the sign test inverted; Conover, "Practical
 * Nonparametric Statistics", 3.2): the narrowest symmetric one that reaches `confidence`, or else the whole
 * range with the lower confidence that so few values can give.
 */
export function medianInterval(values: readonly number[], confidence = 0.95): Interval {
  const order = sorted(values);
  const n = order.length;
  // outside: probability that the median lies beyond the k-th value from one end, binomial with p = 1/2.
  let term = 0.5 ** n;
  let outside = term;
  let k = 0;
  while (k + 1 < n / 2) {
    term *= (n - k) / (k + 1);
    if (1 - 2 * (outside + term) < confidence) break;
    outside += term;
    k++;
  }
  return {
    low: order[k] ?? Number.NaN,
    high: order[n - 1 - k] ?? Number.NaN,
    confidence: Math.max(0, 1 - 2 * outside),
  };
}
