/** When an indicator is valid, where several statements limit it. */
import type { Candidate } from '../../kinds.ts';

/** A validity; milliseconds since the Unix epoch. */
export type Period = Pick<Candidate, 'validFrom' | 'validUntil'>;

/** The time in which both hold. */
export function bothHold(one: Period, other: Period): Period {
  const begins = [one.validFrom, other.validFrom].filter(time => time !== undefined);
  const ends = [one.validUntil, other.validUntil].filter(time => time !== undefined);
  return {
    ...(begins.length === 0 ? {} : { validFrom: Math.max(...begins) }),
    ...(ends.length === 0 ? {} : { validUntil: Math.min(...ends) }),
  };
}
