/** One boot beside what is known to be good: its PCRs, and the log that explains them. */
import type { Bank } from './algorithms.ts';
import { type EventLog, replay } from './event-log.ts';
import { type BootChange, compareBoot, type GoldenBoot } from './golden.ts';

/** What a boot came to. */
export interface BootJudgement {
  /** PCRs that are not golden. */
  readonly changes: readonly BootChange[];
  /** PCRs whose value is not what the log comes to. */
  readonly broken: readonly number[];
  /** What the log comes to; undefined without a log. */
  readonly replayed: ReadonlyMap<number, string> | undefined;
}

/** Judges a boot. PCR 10 is IMA's, which has a log of its own. */
export function judgeBoot(
  bank: Bank,
  pcrs: ReadonlyMap<number, string>,
  log: EventLog | undefined,
  golden: GoldenBoot | undefined,
): BootJudgement {
  const replayed = log === undefined ? undefined : replay(log, bank);
  const broken = [...(replayed ?? [])]
    .filter(([pcr, value]) => pcrs.get(pcr) !== value && pcr !== 10)
    .map(([pcr]) => pcr);
  return { changes: golden === undefined ? [] : compareBoot(golden, pcrs, log), broken, replayed };
}
