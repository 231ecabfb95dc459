/**
 * Paired, alternating runs: every run under a condition stands beside a run without it, and which of the two
 * comes first is drawn anew for every pair, so that neither drift nor order decides the outcome.
 */

/** A source of numbers, even between 0 (included) and 1 (excluded). */
export type Random = () => number;

/** A reproducible source of numbers from a seed (mulberry32, Tommy Ettinger 2017, public domain). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One pair to run: what is compared with the reference, and whether the reference comes first. */
export interface PlannedPair<Condition> {
  condition: Condition;
  referenceFirst: boolean;
}

/**
 * As many pairs for every condition as `repetitions` says. The conditions take turns, in an order drawn anew
 * each time, so that each of them meets every part of the session.
 */
export function planPairs<Condition>(
  conditions: readonly Condition[],
  repetitions: (condition: Condition) => number,
  random: Random,
): PlannedPair<Condition>[] {
  const plan: PlannedPair<Condition>[] = [];
  for (let turn = 0; ; turn++) {
    const due = conditions.filter(condition => turn < repetitions(condition));
    if (due.length === 0) return plan;
    const drawn = due.map(condition => ({ condition, place: random() }));
    for (const { condition } of drawn.toSorted((a, b) => a.place - b.place)) {
      plan.push({ condition, referenceFirst: random() < 0.5 });
    }
  }
}

/** What the two runs of a pair gave. */
export interface PairResult<Condition, Measurement> {
  condition: Condition;
  reference: Measurement;
  changed: Measurement;
}

/**
 * Runs the pairs of a plan one after the other.
 * @param measure makes one run under a condition
 */
export async function* runPairs<Condition, Measurement>(
  plan: readonly PlannedPair<Condition>[],
  reference: Condition,
  measure: (condition: Condition) => Promise<Measurement>,
): AsyncGenerator<PairResult<Condition, Measurement>> {
  for (const { condition, referenceFirst } of plan) {
    const first = await measure(referenceFirst ? reference : condition);
    const second = await measure(referenceFirst ? condition : reference);
    yield referenceFirst
      ? { condition, reference: first, changed: second }
      : { condition, reference: second, changed: first };
  }
}
