/** Looks for indicators in what has already happened. */
import type { EventView } from '@redoubt/model';
import type { Breadth } from '../import/report.ts';
import type { IndicatorSet } from '../set/indicator-set.ts';
import { Sighter, type SighterOptions, type Sighting } from './sighter.ts';

export interface RetroHuntOptions extends SighterOptions {
  readonly onSighting?: (sightings: readonly Sighting[], view: EventView) => void;
  /** Called every 10,000 events. */
  readonly onProgress?: (report: RetroHuntReport) => void;
  readonly signal?: AbortSignal;
}

/** What a hunt has found so far. */
export interface RetroHuntReport {
  readonly events: number;
  /** Events that had something to look up. */
  readonly lookedAt: number;
  /** Events in which an indicator was seen. */
  readonly matched: number;
  readonly sightings: number;
  /** The indicators seen most, with their number of events. */
  readonly most: readonly { readonly value: string; readonly events: number }[];
}

const progressEvery = 10_000;
/** Indicators that are counted apart. */
const mostCounted = 10_000;
const mostShown = 10;

/**
 * Looks through events. Events before an indicator's validity count, unless `early` is false.
 * @param events as the recorder's reader gives them; it lets the event loop run
 * @throws the signal's reason when it is aborted
 */
export async function retroHunt(
  set: IndicatorSet,
  events: AsyncIterable<EventView>,
  options: RetroHuntOptions = {},
): Promise<RetroHuntReport> {
  const sighter = new Sighter(set, { early: true, ...options });
  const counts = new Map<string, number>();
  let total = 0;
  let matched = 0;
  let sighted = 0;
  const report = (): RetroHuntReport => ({
    events: total,
    lookedAt: sighter.lookedAt,
    matched,
    sightings: sighted,
    most: [...counts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, mostShown)
      .map(([value, number]) => ({ value, events: number })),
  });
  for await (const view of events) {
    total++;
    if (total % progressEvery === 0) {
      options.signal?.throwIfAborted();
      options.onProgress?.(report());
    }
    const sightings = sighter.look(view);
    if (sightings.length === 0) continue;
    matched++;
    sighted += sightings.length;
    for (const value of new Set(sightings.map(sighting => sighting.indicator.value))) {
      if (counts.has(value) || counts.size < mostCounted) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    options.onSighting?.(sightings, view);
  }
  options.signal?.throwIfAborted();
  return report();
}

/** Fewer matches than this say nothing about a list. */
const fewMatches = 20;

/**
 * How much of recent traffic a source matches. A list that matches a large part of what an ordinary day has is
 * more likely wrong than right: it is flagged, for a person to look at. It is not switched off, since a host that
 * really is taken over talks a lot, too.
 * @param events of about the last day
 * @param bound share of events with something to look up, 0 to 1; a hundredth by default
 */
export async function breadthOf(
  set: IndicatorSet,
  source: string,
  events: AsyncIterable<EventView>,
  bound = 0.01,
): Promise<Breadth> {
  const { lookedAt, matched, most } = await retroHunt(set, events, { sources: new Set([source]) });
  const isTooBroad = matched >= fewMatches && matched > lookedAt * bound;
  return { events: lookedAt, matched, bound, isTooBroad, most };
}
