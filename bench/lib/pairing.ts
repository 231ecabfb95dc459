/**
 * Alternating rounds: in each round every condition runs once, in an order drawn anew, so that neither drift nor
 * order decides the outcome. What disturbs a whole round alike cancels out in the ratio to that round's reference.
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

/** The conditions in an order drawn at random, every order being as likely as every other (Fisher and Yates). */
export function drawOrder<Condition>(conditions: readonly Condition[], random: Random): Condition[] {
  const order = [...conditions];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as Condition, order[last] as Condition];
  }
  return order;
}

/**
 * Counts rounds, up to `rounds` or to the last one that is likely to end in time, judging by the longest so far.
 * @param seconds how long all rounds may take together; the first takes place anyway
 * @param now seconds on a clock that only goes forward
 */
export function* roundsWithin(
  rounds: number,
  seconds: number,
  now: () => number = () => performance.now() / 1000,
): Generator<number, void, void> {
  const begun = now();
  let longest = 0;
  for (let round = 0; round < rounds; round++) {
    const started = now();
    if (round > 0 && started - begun + longest > seconds) return;
    yield round;
    longest = Math.max(longest, now() - started);
  }
}
