/** Finds the indicators that an event has to do with. */
import type { EventKind, EventView } from '@redoubt/model';
import type { Hit, Indicator, IndicatorSet } from '../set/indicator-set.ts';
import { type Observable, observablesOf } from './observables.ts';

/** An indicator that was seen in an event. */
export interface Sighting {
  readonly indicator: Indicator;
  /** OCSF attribute path that had it. */
  readonly field: string;
  /** What the attribute is called in sentences. */
  readonly words: readonly [en: string, zh: string];
  /** What the event had: for a network or a domain more exact than the indicator. */
  readonly value: string;
  /** When, milliseconds since the Unix epoch. */
  readonly time: number;
  /** Whether the event is older than the indicator's validity. */
  readonly isEarly: boolean;
}

export interface SighterOptions {
  /** Only indicators of these sources, by name. */
  readonly sources?: ReadonlySet<string>;
  /** Only indicators that came at this time or later, milliseconds since the Unix epoch. */
  readonly addedSince?: number;
  /**
   * Whether events before an indicator's validity count. Over history they do: validity usually begins when the
   * indicator was published, and what came before that is what is looked for.
   */
  readonly early?: boolean;
}

const nothing: readonly Sighting[] = [];
const longestValue = 8_192;

export class Sighter {
  readonly #set: IndicatorSet;
  readonly #options: SighterOptions;
  readonly #routes = new Map<EventKind, readonly Observable[] | null>();
  readonly #hits: Hit[] = [];
  /** Events that had something to look up, so far. */
  lookedAt = 0;

  constructor(set: IndicatorSet, options: SighterOptions = {}) {
    this.#set = set;
    this.#options = options;
  }

  /** The indicators that the event has to do with. Kinds with nothing to look up cost one probe of a map. */
  look(view: EventView): readonly Sighting[] {
    let route = this.#routes.get(view.kind);
    if (route === undefined) {
      const observables = observablesOf(view.kind, this.#set);
      route = observables.length === 0 ? null : observables;
      this.#routes.set(view.kind, route);
    }
    if (route === null) return nothing;
    let sightings = nothing;
    let isAny = false;
    for (const observable of route) {
      const value = observable.read === undefined ? view.get(observable.field) : observable.read(view);
      if (value === undefined || value === null) continue;
      for (const one of Array.isArray(value) ? value : [value]) {
        if (typeof one !== 'string' || one === '' || one.length > longestValue) continue;
        const hits = this.#hits;
        hits.length = 0;
        if (observable.find(this.#set, one, view, hits)) isAny = true;
        for (const hit of hits) {
          const sighting = this.#sighting(hit, observable, one, view.time);
          if (sighting !== undefined) sightings = [...sightings, sighting];
        }
      }
    }
    if (isAny) this.lookedAt++;
    return sightings;
  }

  #sighting(hit: Hit, { field, words }: Observable, value: string, time: number): Sighting | undefined {
    const { sources, addedSince, early = false } = this.#options;
    const table = this.#set.tables[hit.kind];
    const source = this.#set.sourceOf(hit);
    if (source === undefined || source.held || sources?.has(source.name) === false) return undefined;
    if (addedSince !== undefined && table.addedAt(hit.entry) < Math.floor(addedSince / 1000))
      return undefined;
    const seconds = Math.floor(time / 1000);
    if (!table.isValid(hit.entry, seconds, early)) return undefined;
    const isEarly = !table.isValid(hit.entry, seconds, false);
    return { indicator: this.#set.indicator(hit), field, words, value, time, isEarly };
  }
}
