/**
 * Learning: gradient boosting of stumps for log loss (Friedman, "Greedy Function Approximation", 2001), with
 * features cut into bins. Deterministic: the same samples give the same model.
 */
import type { Features } from '../features/features.ts';
import type { Stump } from './model.ts';

/** A file that is learnt from. */
export interface Sample {
  readonly features: Features;
  readonly odd: boolean;
  /** How much it counts. */
  readonly weight: number;
}

/** How it is learnt. */
export interface BoostSettings {
  readonly rounds: number;
  readonly rate: number;
  readonly bins: number;
  /** Keeps steps small where few samples speak for them. */
  readonly shrink: number;
}

export const boostSettings: BoostSettings = { rounds: 1_500, rate: 0.2, bins: 64, shrink: 2 };

/** Learns steps from samples. @returns log odds before any step, and the steps, merged by feature and threshold */
export function boosted(
  samples: readonly Sample[],
  names: readonly string[],
  settings: BoostSettings = boostSettings,
): { base: number; stumps: Stump[] } {
  const cuts = names.map(name =>
    cutsOf(
      samples.map(one => one.features[name] ?? 0),
      settings.bins,
    ),
  );
  const binned = names.map((name, index) =>
    Uint8Array.from(samples, one => binOf(one.features[name] ?? 0, cuts[index] ?? [])),
  );
  const odd = samples.reduce((sum, one) => sum + (one.odd ? one.weight : 0), 0);
  const all = samples.reduce((sum, one) => sum + one.weight, 0);
  const base = Math.log(odd / (all - odd));
  const scores = new Float64Array(samples.length).fill(base);
  const found = new Map<string, Stump>();
  for (let round = 0; round < settings.rounds; round += 1) {
    const best = bestStep(samples, scores, binned, cuts, settings);
    if (best === undefined) break;
    const { feature, bin, low, high } = best;
    const column = binned[feature] as Uint8Array;
    for (let at = 0; at < scores.length; at += 1) {
      scores[at] = (scores[at] as number) + ((column[at] as number) <= bin ? low : high);
    }
    const threshold = cuts[feature]?.[bin] ?? 0;
    const before = found.get(`${feature} ${threshold}`);
    found.set(`${feature} ${threshold}`, [
      feature,
      threshold,
      (before?.[2] ?? 0) + low,
      (before?.[3] ?? 0) + high,
    ]);
  }
  const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
  const stumps = Array.from(found.values(), ([feature, threshold, low, high]): Stump => {
    return [feature, threshold, rounded(low), rounded(high)];
  });
  return { base: rounded(base), stumps: stumps.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]) };
}

interface Step {
  readonly feature: number;
  readonly bin: number;
  readonly low: number;
  readonly high: number;
}

function bestStep(
  samples: readonly Sample[],
  scores: Float64Array,
  binned: readonly Uint8Array[],
  cuts: readonly (readonly number[])[],
  { rate, shrink }: BoostSettings,
): Step | undefined {
  const slopes = new Float64Array(samples.length);
  const curves = new Float64Array(samples.length);
  for (const [at, { odd, weight }] of samples.entries()) {
    const chance = 1 / (1 + Math.exp(-(scores[at] as number)));
    slopes[at] = weight * ((odd ? 1 : 0) - chance);
    curves[at] = weight * chance * (1 - chance);
  }
  let best: Step | undefined;
  let gain = 1e-6;
  for (const [feature, column] of binned.entries()) {
    const slopeOf = new Float64Array(256);
    const curveOf = new Float64Array(256);
    for (let at = 0; at < column.length; at += 1) {
      const bin = column[at] as number;
      slopeOf[bin] = (slopeOf[bin] as number) + (slopes[at] as number);
      curveOf[bin] = (curveOf[bin] as number) + (curves[at] as number);
    }
    const slope = slopeOf.reduce((sum, one) => sum + one, 0);
    const curve = curveOf.reduce((sum, one) => sum + one, 0);
    let lowSlope = 0;
    let lowCurve = 0;
    for (let bin = 0; bin < (cuts[feature]?.length ?? 0); bin += 1) {
      lowSlope += slopeOf[bin] as number;
      lowCurve += curveOf[bin] as number;
      const highSlope = slope - lowSlope;
      const highCurve = curve - lowCurve;
      const won =
        lowSlope ** 2 / (lowCurve + shrink) +
        highSlope ** 2 / (highCurve + shrink) -
        slope ** 2 / (curve + shrink);
      if (won <= gain) continue;
      gain = won;
      best = {
        feature,
        bin,
        low: (rate * lowSlope) / (lowCurve + shrink),
        high: (rate * highSlope) / (highCurve + shrink),
      };
    }
  }
  return best;
}

/** Values between which a feature is cut, so that about as many samples lie in each bin. */
function cutsOf(values: readonly number[], bins: number): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const cuts = new Set<number>();
  for (let bin = 1; bin < bins; bin += 1) {
    const at = Math.floor((bin * sorted.length) / bins);
    const [before, after] = [sorted[at - 1] ?? 0, sorted[at] ?? 0];
    if (after > before) cuts.add((before + after) / 2);
    else if (after > (sorted[0] ?? 0)) {
      const below = sorted.findLastIndex(value => value < after);
      cuts.add(((sorted[below] ?? after) + after) / 2);
      const above = sorted.find(value => value > after);
      if (above !== undefined) cuts.add((after + above) / 2);
    }
  }
  const last = sorted.at(-1) ?? 0;
  const rare = sorted.findLast(value => value < last);
  if (rare !== undefined) cuts.add((rare + last) / 2);
  return [...cuts].toSorted((a, b) => a - b).slice(0, 250);
}

function binOf(value: number, cuts: readonly number[]): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < (cuts[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}
