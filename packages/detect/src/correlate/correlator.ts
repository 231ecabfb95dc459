/** Correlations: what single matches mean together, within a time, for a group. Driven by the times of events. */
import type { RuleSet } from '../rules/rule-set.ts';
import type { Correlation, Rule } from '../sigma/ast.ts';
import type { EventReader, FieldResolver } from '../sigma/event.ts';
import { countedValue, groupOf } from './values.ts';
import {
  evict,
  findSpan,
  insert,
  measure,
  type Sighting,
  type Span,
  separator,
  sightingLimit,
  thin,
} from './window.ts';

/** A correlation that is fulfilled. */
export interface CorrelationMatch {
  readonly correlation: Correlation;
  /** Values of `group-by`, in its order. */
  readonly group: readonly string[];
  readonly span: Span;
  /** The last event of the group, when the span was judged after its end; unknown after a restart. */
  readonly sample?: unknown;
}

export interface CorrelatorOptions {
  /** Groups kept a correlation; the least recently seen go first. 10,000 by default. */
  readonly groups?: number;
  /** Sightings kept by all correlations together, 200,000 by default (about 20 MB); then too the oldest groups go. */
  readonly sightings?: number;
  /** How late an event may come, by the times of the events of its correlation; milliseconds, 5 minutes by default. */
  readonly lateness?: number;
}

/** What was let go of. */
export interface CorrelatorLosses {
  /** Groups forgotten because there were too many. */
  groups: number;
  /** Sightings forgotten because a group had too many. */
  sightings: number;
  /** Events that came too late. */
  late: number;
}

/** One correlation with its groups. */
interface Tracker {
  readonly correlation: Correlation;
  /** Needs to see a whole span before it can be judged, because more events could undo it. */
  readonly judgedAtEnd: boolean;
  readonly keep: number;
  readonly groups: Map<string, Sighting[]>;
  /** The last event of each group, where the correlation is judged after the event. */
  readonly samples: Map<string, unknown>;
  newest: number;
  /** No group's span is over before events are newer than this. */
  due: number;
  lateInARow: number;
}

/** State of a correlator as plain data, for keeping across a restart. */
export interface CorrelatorState {
  readonly version: 1;
  readonly trackers: readonly {
    readonly uid: string;
    readonly newest: number;
    readonly groups: readonly (readonly [group: string, sightings: readonly Sighting[]])[];
  }[];
}

/** So many late events in a row mean that the clock was set back. */
const clockStep = 100;

/** Keeps the state of every correlation of a rule set. */
export class Correlator {
  readonly losses: CorrelatorLosses = { groups: 0, sightings: 0, late: 0 };
  readonly #trackers: readonly Tracker[];
  /** By uid of a rule or correlation: who listens, and as which of its rules. */
  readonly #listeners = new Map<string, { tracker: Tracker; index: number }[]>();
  readonly #groupLimit: number;
  readonly #sightingLimit: number;
  /** Sightings kept at present. */
  #held = 0;
  #changes = 0;
  readonly #lateness: number;

  constructor(rules: RuleSet, options: CorrelatorOptions = {}) {
    this.#groupLimit = options.groups ?? 10_000;
    this.#sightingLimit = options.sightings ?? 200_000;
    this.#lateness = options.lateness ?? 300_000;
    this.#trackers = rules.correlations.map(correlation => newTracker(correlation));
    for (const tracker of this.#trackers) {
      for (const [index, reference] of tracker.correlation.rules.entries()) {
        const uid = rules.find(reference)?.uid ?? reference;
        this.#listeners.set(uid, [...(this.#listeners.get(uid) ?? []), { tracker, index }]);
      }
    }
  }

  /** Grows whenever the state becomes another. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether any correlation listens to the rule. */
  listensTo(rule: Rule | Correlation): boolean {
    return this.#listeners.has(rule.uid);
  }

  /**
   * Takes in that an event matched a rule.
   * @param source what says the event in OCSF, where the event itself does not
   * @param events how many events it stands for
   * @returns the correlations that this fulfils, those further along a chain after those that feed them
   */
  observe(
    rule: Rule | Correlation,
    event: EventReader,
    resolve: FieldResolver,
    source: Pick<EventReader, 'toEvent'> = event,
    events = 1,
  ): CorrelationMatch[] {
    const matches: CorrelationMatch[] = [];
    const waiting: (Rule | Correlation)[] = [rule];
    for (const matched of waiting) {
      for (const { tracker, index } of this.#listeners.get(matched.uid) ?? []) {
        const match = this.#sight(tracker, index, event, resolve, source, matched === rule ? events : 1);
        matches.push(...match);
        if (match.some(({ correlation }) => correlation === tracker.correlation))
          waiting.push(tracker.correlation);
      }
    }
    return matches;
  }

  #sight(
    tracker: Tracker,
    index: number,
    event: EventReader,
    resolve: FieldResolver,
    source: Pick<EventReader, 'toEvent'>,
    events: number,
  ): CorrelationMatch[] {
    const { correlation, groups } = tracker;
    const { time } = event;
    if (!this.#accept(tracker, time)) return [];
    this.#changes++;
    const group = groupOf(correlation, index, event, resolve);
    if (group === undefined) return [];
    const value = countedValue(correlation, event, resolve);
    const sighting: Sighting = { time, rule: index, value, ...(events > 1 && { events }) };
    if (correlation.valueFields.length > 0 && value === undefined) return [];
    tracker.due = Math.min(tracker.due, time + this.#horizon(correlation));
    const key = group.join(separator);
    let window = groups.get(key);
    const matches: CorrelationMatch[] = [];
    if (
      window !== undefined &&
      tracker.judgedAtEnd &&
      time - (window[0] as Sighting).time > correlation.timespan
    ) {
      const span = measure(correlation, window);
      if (span !== undefined) matches.push({ correlation, group, span, sample: tracker.samples.get(key) });
      this.#held -= window.length;
      window = undefined;
    }
    window ??= [];
    groups.delete(key);
    groups.set(key, window);
    const before = window.length;
    let at = insert(window, sighting);
    if (!tracker.judgedAtEnd) {
      if (at === window.length - 1) {
        thin(correlation, window);
        at = window.length - 1;
      }
      const span = findSpan(correlation, window, at);
      if (span !== undefined) {
        // What was reported does not count again.
        groups.delete(key);
        this.#held -= before;
        matches.push({ correlation, group, span });
        return matches;
      }
      this.losses.sightings += evict(window, this.#horizon(correlation), tracker.keep);
    } else {
      tracker.samples.set(key, source.toEvent());
      if (window.length > sightingLimit) {
        window.shift();
        this.losses.sightings++;
      }
    }
    this.#held += window.length - before;
    this.#makeRoom(tracker);
    return matches;
  }

  /** Judges the groups whose span is over by the times of events. Call it from time to time. */
  close(): CorrelationMatch[] {
    const matches: CorrelationMatch[] = [];
    for (const tracker of this.#trackers) {
      const { correlation, judgedAtEnd, groups, samples, newest } = tracker;
      if (newest <= tracker.due) continue;
      tracker.due = Number.POSITIVE_INFINITY;
      for (const [key, window] of groups) {
        const due = ((judgedAtEnd ? window[0] : window.at(-1))?.time ?? 0) + this.#horizon(correlation);
        if (newest <= due) {
          tracker.due = Math.min(tracker.due, due);
          continue;
        }
        groups.delete(key);
        this.#changes++;
        this.#held -= window.length;
        const span = judgedAtEnd ? measure(correlation, window) : undefined;
        const sample = samples.get(key);
        samples.delete(key);
        if (span !== undefined) matches.push({ correlation, group: key.split(separator), span, sample });
      }
    }
    return matches;
  }

  /** The state as plain data. */
  save(): CorrelatorState {
    return {
      version: 1,
      trackers: this.#trackers.map(({ correlation, newest, groups }) => ({
        uid: correlation.uid,
        newest,
        groups: [...groups].map(([group, window]) => [group, [...window]] as const),
      })),
    };
  }

  /** Takes over a saved state. Correlations that no longer exist are left out. */
  restore(state: CorrelatorState): void {
    this.#changes++;
    for (const saved of state.trackers) {
      const tracker = this.#trackers.find(({ correlation }) => correlation.uid === saved.uid);
      if (tracker === undefined) continue;
      tracker.newest = saved.newest;
      for (const [group, window] of saved.groups) {
        const known = window.filter(({ rule }) => rule < tracker.correlation.rules.length);
        if (known.length === 0) continue;
        tracker.groups.set(group, known);
        tracker.due = Number.NEGATIVE_INFINITY;
        this.#held += known.length;
      }
    }
  }

  /** How long after an event its group may still have to be judged, by the times of events; milliseconds. */
  #horizon({ timespan }: Correlation): number {
    return timespan + this.#lateness;
  }

  #accept(tracker: Tracker, time: number): boolean {
    if (time >= tracker.newest - this.#horizon(tracker.correlation)) {
      tracker.newest = Math.max(tracker.newest, time);
      tracker.lateInARow = 0;
      return true;
    }
    this.losses.late++;
    if (++tracker.lateInARow < clockStep) return false;
    for (const window of tracker.groups.values()) this.#held -= window.length;
    tracker.groups.clear();
    tracker.samples.clear();
    tracker.newest = time;
    tracker.lateInARow = 0;
    return true;
  }

  /** Forgets the groups of a correlation that were seen longest ago, but for the last one. */
  #makeRoom({ groups, samples }: Tracker): void {
    for (const [oldest, window] of groups) {
      const isFull = groups.size > this.#groupLimit || this.#held > this.#sightingLimit;
      if (!isFull || groups.size === 1) return;
      groups.delete(oldest);
      samples.delete(oldest);
      this.#held -= window.length;
      this.losses.groups++;
    }
  }
}

function newTracker(correlation: Correlation): Tracker {
  const counts = correlation.correlation === 'event_count';
  const most = Math.max(...correlation.bounds.map(({ value }) => value));
  const judgedAtEnd = correlation.bounds.some(({ bound }) => bound !== 'gte' && bound !== 'gt');
  const temporal = correlation.correlation.startsWith('temporal');
  return {
    correlation,
    judgedAtEnd: judgedAtEnd && !temporal,
    // A count needs no more events than it counts to; late ones may double that.
    keep: counts ? Math.min(Math.ceil(most + 1) * 2, sightingLimit) : sightingLimit,
    groups: new Map(),
    samples: new Map(),
    newest: Number.NEGATIVE_INFINITY,
    due: Number.POSITIVE_INFINITY,
    lateInARow: 0,
  };
}
