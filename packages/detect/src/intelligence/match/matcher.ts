/** Events in, findings out, by intelligence. */
import type { EventView } from '@redoubt/model';
import { FindingLedger, type LedgerOptions } from '../../finding/ledger.ts';
import type { IndicatorSet } from '../set/indicator-set.ts';
import { dedupKeyOf, matchOf, ruleUidOf } from './finding.ts';
import { Sighter, type Sighting } from './sighter.ts';

export interface MatcherOptions extends LedgerOptions {
  /** Receives what is seen of each event that has to do with an indicator, before findings are made of it. */
  readonly onSighting?: (sightings: readonly Sighting[], view: EventView) => void;
}

export class IndicatorMatcher {
  readonly #ledger: FindingLedger;
  readonly #options: MatcherOptions;
  #sighter: Sighter;
  #sightings = 0;
  #lookedAt = 0;

  constructor(set: IndicatorSet, options: MatcherOptions) {
    this.#options = options;
    this.#ledger = new FindingLedger(options);
    this.#sighter = new Sighter(set);
  }

  /** Takes another set of indicators, as after an import. Open findings go on to be counted. */
  replace(set: IndicatorSet): void {
    this.#lookedAt += this.#sighter.lookedAt;
    this.#sighter = new Sighter(set);
  }

  /** Judges an event or a log record. Findings go to `onFinding` before this returns. The view is not kept. */
  evaluate(view: EventView): void {
    const sightings = this.#sighter.look(view);
    if (sightings.length > 0) this.take(sightings, view);
  }

  /** Makes findings of sightings, as of a hunt over history. */
  take(sightings: readonly Sighting[], view: EventView): void {
    this.#sightings += sightings.length;
    this.#options.onSighting?.(sightings, view);
    for (const group of byIndicator(sightings)) this.#report(group, view);
  }

  /** Closes a finding to counting, because a person has dealt with it: what matches next is a new finding. */
  close(dedupKey: string): void {
    this.#ledger.close(dedupKey);
  }

  /** Reports changes of findings that are still held back. Call it every few seconds and before the end. */
  flush(): void {
    this.#ledger.flush();
  }

  /** Events that had something to look up, and sightings, so far. */
  get counters(): { readonly lookedAt: number; readonly sightings: number } {
    return { lookedAt: this.#lookedAt + this.#sighter.lookedAt, sightings: this.#sightings };
  }

  #report(group: readonly [Sighting, ...Sighting[]], view: EventView): void {
    const [{ indicator, time }] = group;
    const dedupKey = dedupKeyOf(indicator, view);
    const ruleUid = ruleUidOf(indicator);
    if (this.#ledger.count(dedupKey, time)) return;
    if (this.#ledger.hasBudget(ruleUid)) this.#ledger.add(matchOf(group, view.toEvent(), dedupKey));
    else this.#ledger.suppress(ruleUid, time);
  }
}

/** Sightings of the same indicator together, the most trusted first. */
function byIndicator(sightings: readonly Sighting[]): [Sighting, ...Sighting[]][] {
  const groups = new Map<string, [Sighting, ...Sighting[]]>();
  const sorted = sightings.toSorted((a, b) => b.indicator.confidence - a.indicator.confidence);
  for (const sighting of sorted) {
    const key = `${sighting.indicator.kind} ${sighting.indicator.value}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sighting]);
    else group.push(sighting);
  }
  return [...groups.values()];
}

/** A matcher for a set of indicators. */
export function createIndicatorMatcher(set: IndicatorSet, options: MatcherOptions): IndicatorMatcher {
  return new IndicatorMatcher(set, options);
}
