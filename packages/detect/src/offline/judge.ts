/** Judges the records of one file after the other: single rules at once, what correlations need is put aside. */
import type { Event } from '@redoubt/model';
import type { LogRecord } from '@redoubt/observe/log';
import { createDetector, type Detector, dedupKeyOf, type RuleMatch } from '../detector.ts';
import { buildFinding } from '../finding/build.ts';
import { reasonsOf } from '../finding/words.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { Correlation, Rule } from '../sigma/ast.ts';
import type { Matches, MatchGroup, RecordPlace, Sighting } from './match.ts';

/** How records are judged. */
export interface JudgeOptions {
  /** Times of the records that count, milliseconds since the Unix epoch, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Every matching record is a finding of its own. */
  readonly each?: boolean | undefined;
}

/** So many groups and sightings are gathered before they are handed on. */
const batchSize = 500;

/** Fields that correlations ask of events which match a rule, by the rule's uid. */
export function fieldsForCorrelations(rules: RuleSet): Map<string, ReadonlySet<string>> {
  const fields = new Map<string, Set<string>>();
  // A correlation that feeds another hands on the event, so what the outer one asks goes down to the rules.
  const collect = (target: Rule | Correlation, names: readonly string[]): void => {
    const known = fields.get(target.uid) ?? new Set();
    for (const name of names) known.add(name);
    fields.set(target.uid, known);
    if (target.type !== 'correlation') return;
    for (const reference of target.rules) {
      const inner = rules.find(reference);
      if (inner !== undefined) collect(inner, [...known]);
    }
  };
  for (const correlation of rules.correlations) {
    for (const reference of correlation.rules) {
      const target = rules.find(reference);
      const names = correlation.groupBy.map(name => correlation.aliases.get(name)?.get(reference) ?? name);
      if (target !== undefined) collect(target, [...names, ...correlation.valueFields]);
    }
  }
  return fields;
}

/** Judges records and gathers what they give. */
export class Judge {
  readonly #rules: RuleSet;
  readonly #detector: Detector;
  readonly #options: JudgeOptions;
  readonly #correlated: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #alone: ReadonlySet<Rule | Correlation>;
  #place: RecordPlace = { file: 0, record: 0, line: 0, offset: 0 };
  #groups = new Map<string, MatchGroup>();
  #sightings: Sighting[] = [];
  #lastTime = 0;

  constructor(rules: RuleSet, options: JudgeOptions) {
    this.#rules = rules;
    this.#options = options;
    this.#correlated = fieldsForCorrelations(rules);
    this.#alone = new Set(rules.rules.filter(rule => rules.standsAlone(rule)));
    this.#detector = createDetector(rules, {
      onFinding: () => {},
      onMatch: match => this.#take(match),
    });
  }

  /** Number of rules that are judged by. */
  get size(): number {
    return this.#rules.rules.length;
  }

  /** Begins a file. @param time of records that carry none and come before any that does */
  begin(file: number, time: number): void {
    this.#place = { file, record: -1, line: 0, offset: 0 };
    this.#lastTime = time;
  }

  /** Judges a record. A record without a time of its own has that of the one before it. */
  judge(record: LogRecord): void {
    const { line, offset } = record.place;
    this.#place = { file: this.#place.file, record: this.#place.record + 1, line, offset };
    const time = record.timeIsReceiveTime ? this.#lastTime : record.time;
    this.#lastTime = time;
    const { from, to } = this.#options;
    if ((from !== undefined && time < from) || (to !== undefined && time > to)) return;
    if (!record.timeIsReceiveTime) {
      this.#detector.evaluateRecord(record);
    } else {
      const toEvent = (): Event => ({ ...record.toEvent(), time });
      this.#detector.evaluateRecord({ logsource: record.logsource, fields: record.fields, time, toEvent });
    }
  }

  /** Whether enough is gathered to be handed on. */
  get full(): boolean {
    return this.#groups.size >= batchSize || this.#sightings.length >= batchSize;
  }

  /** What was gathered since the last call. */
  drain(): Matches {
    const matches = { groups: [...this.#groups.values()], sightings: this.#sightings };
    this.#groups = new Map();
    this.#sightings = [];
    return matches;
  }

  #take({ rule, reader, resolve, source, events }: RuleMatch): void {
    const { time } = reader;
    const place = this.#place;
    const fields = this.#correlated.get(rule.uid);
    if (fields !== undefined) {
      const values = [...fields].map(name => [name, resolve(name).read(reader)] as const);
      const event = source.toEvent();
      this.#sightings.push({
        rule: rule.uid,
        time,
        events,
        place,
        fields: Object.fromEntries(values),
        event,
      });
    }
    if (!this.#alone.has(rule)) return;
    const dedupKey = dedupKeyOf(rule, reader, resolve);
    const key = this.#options.each === true ? `${rule.uid}|${place.file}:${place.record}` : dedupKey;
    const known = this.#groups.get(key);
    if (known !== undefined) {
      known.count += events;
      known.first = Math.min(known.first, time);
      known.last = Math.max(known.last, time);
      return;
    }
    const reasons = reasonsOf(rule, reader, resolve);
    const finding = buildFinding(
      {
        rule,
        event: source.toEvent(),
        reasons,
        dedupKey,
        firstSeen: time,
        lastSeen: time,
        events,
        correlated: false,
      },
      time,
    );
    this.#groups.set(key, { key, count: events, first: time, last: time, place, finding });
  }
}
