/** What openers of containers give, and what they work with. */
import type { Subject } from '../subject.ts';
import type { Budget } from './budget.ts';

/** A member of a container. */
export interface Member {
  /** As it stands in the container. */
  readonly name: string;
  /** Its content, or the beginning of it. */
  readonly bytes: Buffer;
  /** Size of the whole content, in bytes. */
  readonly size: number;
}

/**
 * Gives the members of a container one after the other; notes what it cannot open.
 * @throws BudgetSpent when a limit ends it
 */
export type Opener = (subject: Subject, budget: Budget) => AsyncIterable<Member> | Iterable<Member>;
