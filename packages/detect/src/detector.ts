/** Events in, findings out. */
import type { Event, EventKind, EventView } from '@redoubt/model';
import {
  type CorrelationMatch,
  Correlator,
  type CorrelatorOptions,
  type CorrelatorState,
} from './correlate/correlator.ts';
import { hostResolver, logResolver } from './fields/resolve.ts';
import { SchemaReader } from './fields/schema.ts';
import { coversKind, coversSource, type EventSource, sourceKey } from './fields/source.ts';
import { specialize } from './fields/specialize.ts';
import { FindingLedger, type LedgerOptions } from './finding/ledger.ts';
import { reasonsOf, reasonsOfCorrelation } from './finding/words.ts';
import type { RuleSet } from './rules/rule-set.ts';
import type { Correlation, Rule } from './sigma/ast.ts';
import { CompiledMatcher, compileMatcher, type RuleStatistics } from './sigma/compile/matcher.ts';
import { type EventReader, type FieldResolver, RecordReader } from './sigma/event.ts';
import type { Matcher, MatcherFactory } from './sigma/matcher.ts';

/** That an event matches a rule, with what is needed to say why. Valid only during the call. */
export interface RuleMatch {
  readonly rule: Rule;
  readonly reader: EventReader;
  readonly resolve: FieldResolver;
  /** The event in OCSF. */
  readonly source: OcsfSource;
  /** How many events it stands for: the sensor counts what repeats itself. */
  readonly events: number;
}

export interface DetectorOptions extends LedgerOptions {
  /** Takes every match in place of the correlations and the ledger; for those who gather matches themselves. */
  readonly onMatch?: (match: RuleMatch) => void;
  /** How rules are evaluated; compiled by default. */
  readonly matcher?: MatcherFactory;
  readonly correlation?: CorrelatorOptions;
}

/** A log record with its source, as the log readers give it. */
export interface SourcedRecord {
  readonly logsource: EventSource;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** The source's own names and values, flat or nested. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The record in OCSF, for findings. */
  toEvent(): Event;
}

/** What says the event of a finding in OCSF: the view of a host event, or a log record. */
type OcsfSource = Pick<EventView, 'toEvent'>;

/** Rules for one kind of event. */
interface Route {
  readonly matcher: Matcher;
  readonly resolve: FieldResolver;
  /** Rules as they were loaded, by what is left of them on this route. */
  readonly originals: ReadonlyMap<Rule, Rule>;
}

/** Judges host events. */
export class Detector {
  readonly #routes = new Map<EventKind, Route | null>();
  readonly #logRoutes = new Map<string, Route | null>();
  readonly #routeOfSource = new WeakMap<EventSource, Route | null>();
  readonly #rules: RuleSet;
  readonly #makeMatcher: MatcherFactory;
  readonly #ledger: FindingLedger;
  readonly #correlator: Correlator;
  /** Rules that only feed correlations. */
  readonly #silent: ReadonlySet<Rule | Correlation>;
  readonly #onMatch: ((match: RuleMatch) => void) | undefined;

  constructor(rules: RuleSet, options: DetectorOptions) {
    this.#rules = rules;
    this.#makeMatcher = options.matcher ?? compileMatcher;
    this.#onMatch = options.onMatch;
    this.#ledger = new FindingLedger(options);
    this.#correlator = new Correlator(rules, options.correlation);
    this.#silent = new Set([...rules.rules, ...rules.correlations].filter(rule => !rules.standsAlone(rule)));
  }

  /** Judges an event. Findings go to `onFinding` before this returns. The view is not kept. */
  evaluate(view: EventView): void {
    let route = this.#routes.get(view.kind);
    if (route === undefined) {
      route = this.#route(view.kind);
      this.#routes.set(view.kind, route);
    }
    if (route === null) return;
    const matched = route.matcher.match(view);
    if (matched.length > 0) this.#takeAll(matched, route, view, view, repeatsOf(view));
  }

  /** Closes a finding to counting, because a person has dealt with it: what matches next is a new finding. */
  close(dedupKey: string): void {
    this.#ledger.close(dedupKey);
  }

  /** Judges a log record by the rules of its log source. Fields go by the source's own names. */
  evaluateRecord(record: SourcedRecord): void {
    const { logsource, fields, time } = record;
    const route = this.#logRoute(logsource);
    if (route === null) return;
    const inSchema = logsource.kind !== undefined;
    const reader = inSchema
      ? new SchemaReader(fields, time, () => record.toEvent())
      : new RecordReader(fields, time);
    const matched = route.matcher.match(reader);
    if (matched.length === 0) return;
    this.#takeAll(matched, route, reader, record, inSchema ? repeatsOf(reader) : 1);
  }

  /**
   * Reports changes of findings that are still held back, and judges correlations whose time is over. Call it
   * every few seconds and before the end.
   */
  flush(): void {
    for (const match of this.#correlator.close()) this.#reportCorrelation(match, undefined);
    this.#ledger.flush();
  }

  /** Grows whenever the correlations have something else to keep. */
  get changes(): number {
    return this.#correlator.changes;
  }

  /** State of the correlations, for keeping across a restart. */
  save(): CorrelatorState {
    return this.#correlator.save();
  }

  /** Takes over a saved state. */
  restore(state: CorrelatorState): void {
    this.#correlator.restore(state);
  }

  /** What the correlations had to let go of, so far. */
  get losses(): Correlator['losses'] {
    return this.#correlator.losses;
  }

  /** What each rule cost and gave so far, over all kinds of events. */
  statistics(): RuleStatistics[] {
    const total = new Map<string, RuleStatistics>();
    for (const route of [...this.#routes.values(), ...this.#logRoutes.values()]) {
      if (!(route?.matcher instanceof CompiledMatcher)) continue;
      for (const one of route.matcher.statistics()) {
        const sum = total.get(one.rule.uid);
        total.set(one.rule.uid, {
          rule: one.rule,
          evaluations: one.evaluations + (sum?.evaluations ?? 0),
          hits: one.hits + (sum?.hits ?? 0),
          milliseconds: one.milliseconds + (sum?.milliseconds ?? 0),
        });
      }
    }
    return [...total.values()];
  }

  #logRoute(logsource: EventSource): Route | null {
    // The readers share their sources between records: most are known as they are.
    const known = this.#routeOfSource.get(logsource);
    if (known !== undefined) return known;
    const key = sourceKey(logsource);
    let route = this.#logRoutes.get(key);
    if (route === undefined) {
      const rules = this.#rules.rules.filter(rule => coversSource(rule.logsource, logsource));
      route = this.#routeOf(rules, logResolver(logsource), rule => rule);
      this.#logRoutes.set(key, route);
    }
    this.#routeOfSource.set(logsource, route);
    return route;
  }

  #route(kind: EventKind): Route | null {
    const rules = this.#rules.rules.filter(rule => coversKind(rule.logsource, kind));
    return this.#routeOf(rules, hostResolver(kind), rule => specialize(rule, kind));
  }

  #routeOf(
    rules: readonly Rule[],
    resolve: FieldResolver,
    prepare: (rule: Rule) => Rule | undefined,
  ): Route | null {
    const originals = new Map<Rule, Rule>();
    for (const rule of rules) {
      const prepared = prepare(rule);
      if (prepared !== undefined) originals.set(prepared, rule);
    }
    if (originals.size === 0) return null;
    return { matcher: this.#makeMatcher([...originals.keys()], resolve), resolve, originals };
  }

  #takeAll(
    matched: readonly Rule[],
    { resolve, originals }: Route,
    reader: EventReader,
    source: OcsfSource,
    events: number,
  ): void {
    const take = this.#onMatch ?? this.#take;
    for (const one of matched) take({ rule: originals.get(one) ?? one, reader, resolve, source, events });
  }

  readonly #take = (match: RuleMatch): void => {
    const { rule, reader, resolve, source, events } = match;
    if (!this.#silent.has(rule)) this.#report(match);
    if (!this.#correlator.listensTo(rule)) return;
    const fulfilled = this.#correlator.observe(rule, reader, resolve, source, events);
    for (const one of fulfilled) this.#reportCorrelation(one, source);
  };

  #report({ rule, reader, resolve, source, events }: RuleMatch): void {
    const { time } = reader;
    const dedupKey = dedupKeyOf(rule, reader, resolve);
    if (this.#ledger.count(dedupKey, time, events)) return;
    if (!this.#ledger.hasBudget(rule.uid)) {
      this.#ledger.suppress(rule.uid, time, events);
      return;
    }
    const event = source.toEvent();
    const reasons = reasonsOf(rule, reader, resolve);
    this.#ledger.add({
      rule,
      event,
      reasons,
      dedupKey,
      firstSeen: time,
      lastSeen: time,
      events,
      correlated: false,
    });
  }

  #reportCorrelation(match: CorrelationMatch, source: OcsfSource | undefined): void {
    const { correlation, group, span } = match;
    if (this.#silent.has(correlation)) return;
    const dedupKey = [correlation.uid, ...group].join('|');
    if (this.#ledger.count(dedupKey, span.last, span.events)) return;
    const event = (match.sample ?? source?.toEvent()) as Event | undefined;
    this.#ledger.add({
      rule: correlation,
      event,
      reasons: reasonsOfCorrelation(correlation, group, span),
      dedupKey,
      firstSeen: span.first,
      lastSeen: span.last,
      events: span.events,
      correlated: true,
    });
  }
}

/** How many events of the host an event stands for (OCSF `count`). */
function repeatsOf(view: EventReader): number {
  const count = view.get('count');
  return typeof count === 'number' && count > 1 ? Math.floor(count) : 1;
}

/** What tells one finding of a rule from another, where the rule does not say. */
const defaultSubject = ['Image', 'TargetFilename', 'ContainerId', 'Computer', 'User'];

/** What is equal for matches that are one finding. */
export function dedupKeyOf(rule: Rule, reader: EventReader, resolve: FieldResolver): string {
  const fields = rule.extension.dedup.length > 0 ? rule.extension.dedup : defaultSubject;
  return [rule.uid, ...fields.map(field => String(resolve(field).read(reader) ?? ''))].join('|');
}

/** A detector for a set of rules. */
export function createDetector(rules: RuleSet, options: DetectorOptions): Detector {
  return new Detector(rules, options);
}
