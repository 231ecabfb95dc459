/** What the parts of a ladder share: its clock, its ledger, and the ways in which it speaks. */
import type { Bilingual, JournalEntry, Policy } from '@redoubt/model';
import { hostMoment } from './clock.ts';
import { Ledger } from './ledger.ts';
import { rungNames } from './protection.ts';
import type { LadderChange, LadderOptions } from './request.ts';
import type { RungHolder } from './rung-holder.ts';
import type { Moment } from './standing.ts';

/** On whose word the ladder itself acts. */
export const self = 'redoubt';

export class LadderContext {
  readonly options: LadderOptions;
  readonly ledger: Ledger;
  readonly moment: () => Moment;

  constructor(options: LadderOptions) {
    this.options = options;
    this.moment = options.moment ?? hostMoment;
    const { stateDirectory, journal, calls } = options;
    this.ledger = new Ledger(stateDirectory, journal, text => this.trouble(text), calls);
  }

  /** An entry for the journal, of now. */
  entry(
    actor: string,
    action: string,
    subject: string,
    outcome: JournalEntry['outcome'],
    text: Bilingual,
    detail?: Record<string, unknown>,
  ): JournalEntry {
    const time = this.moment().wall;
    return { time, actor, action, subject, outcome, text, ...(detail !== undefined && { detail }) };
  }

  /** Notes that the system is not as a policy says, and tells it once. */
  unmet(holder: RungHolder, why: Bilingual): void {
    const isNew = holder.unmet?.en !== why.en;
    holder.unmet = why;
    const { policy } = holder.standing;
    const rung = rungNames[policy.rung];
    const { name } = holder.protection;
    const text = {
      en: `${name} should be at ${rung.en} and is not: ${why.en}`,
      zh: `${name} 应处于 ${rung.zh}，但未能做到：${why.zh}`,
    };
    if (isNew) this.changed('unmet', holder, policy, policy, text);
  }

  /** Tells those who watch. */
  changed(
    kind: LadderChange['kind'],
    { protection }: RungHolder,
    from: Policy,
    to: Policy,
    text: Bilingual,
  ): void {
    this.options.onChange?.({ kind, protection, from, to, text });
  }

  /** Tells of trouble with the ladder's own file or journal. */
  trouble(text: Bilingual): void {
    this.options.onTrouble?.(text);
  }
}
