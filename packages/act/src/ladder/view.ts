/** Where a protection stands, as others see it. */
import type { Bilingual, Health, Policy } from '@redoubt/model';
import type { RungHolder } from './rung-holder.ts';
import type { Moment } from './standing.ts';

/** One protection for a list, a page, a program. */
export interface ProtectionView {
  readonly name: string;
  readonly title: Bilingual;
  readonly description: Bilingual;
  readonly policy: Policy;
  readonly revision: number;
  readonly since: number;
  readonly by: string;
  /** What the one undo goes back to. */
  readonly previous?: Policy;
  /** A step that must be confirmed: when it is taken back otherwise, milliseconds since the Unix epoch; to what. */
  readonly trial?: { readonly deadline: number; readonly back: Policy };
  readonly health?: Health;
  /** Why the system is not as the policy says. */
  readonly unmet?: Bilingual;
  /** Why it last left a rung by itself. */
  readonly fell?: { readonly time: number } & Bilingual;
  readonly busy: boolean;
}

/** The view of one protection. */
export function viewOfProtection(holder: RungHolder, now: Moment): ProtectionView {
  const { protection, standing, health, unmet } = holder;
  const { policy, revision, since, by, previous, trial, fell } = standing;
  return {
    name: protection.name,
    title: protection.title,
    description: protection.describe(),
    policy,
    revision,
    since,
    by,
    ...(previous !== undefined && { previous }),
    ...(trial !== undefined && {
      trial: { deadline: now.wall + trial.within - (now.uptime - trial.begun.uptime), back: trial.back },
    }),
    ...(health !== undefined && { health }),
    ...(unmet !== undefined && { unmet }),
    ...(fell !== undefined && { fell }),
    busy: holder.isBusy,
  };
}
