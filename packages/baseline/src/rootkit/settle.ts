/** Asking again: what comes and goes between two looks is no contradiction. */

/** How a difference is asked about again. */
export interface Settling {
  /** A difference counts when it is there each of so many times. */
  readonly rounds: number;
  /** Milliseconds between two rounds; grows with each. */
  readonly pause: number;
}

export const defaultSettling: Settling = { rounds: 6, pause: 40 };

/**
 * Candidates that still contradict after every round.
 * @param contradicts looks again at one candidate; false lets it go for good
 */
export async function settled<T>(
  candidates: Iterable<T>,
  contradicts: (candidate: T) => boolean | Promise<boolean>,
  { rounds, pause }: Settling = defaultSettling,
): Promise<T[]> {
  let left = [...candidates];
  for (let round = 1; round <= rounds && left.length > 0; round++) {
    await new Promise(resolve => setTimeout(resolve, pause * round));
    const still: T[] = [];
    for (const candidate of left) if (await contradicts(candidate)) still.push(candidate);
    left = still;
  }
  return left;
}
