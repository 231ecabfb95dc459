/**
 * Gathers what the files gave. Groups of one key are added up, which gives the same in whatever order they come;
 * what feeds correlations is sorted by time once all is there, and then judged in one pass. So the result does not
 * depend on how many workers read the files. Everything lies in SQLite's private temporary database, which goes
 * to an unlinked file when it grows.
 */
import { createHash } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Event, FieldValue, Finding } from '@redoubt/model';
import { type CorrelationMatch, Correlator, type CorrelatorLosses } from '../correlate/correlator.ts';
import { buildFinding } from '../finding/build.ts';
import { reasonsOfCorrelation } from '../finding/words.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { type EventReader, pathSource } from '../sigma/event.ts';
import type { Matches, MatchGroup, RecordPlace, Sighting } from './match.ts';

/** A finding with the record that it rests on first. */
export interface OfflineFinding {
  readonly finding: Finding;
  readonly place: RecordPlace;
}

/** Correlations whose time is over are judged after every so many sightings. */
const sightingsPerClose = 10_000;
const cacheKibibytes = 32 * 1024;

export class Gathering {
  readonly #rules: RuleSet;
  readonly #database: DatabaseSync;
  readonly #addGroup: StatementSync;
  readonly #addSighting: StatementSync;
  readonly #replace: StatementSync;
  #losses: CorrelatorLosses = { groups: 0, sightings: 0, late: 0 };

  constructor(rules: RuleSet) {
    this.#rules = rules;
    this.#database = new DatabaseSync('');
    this.#database.exec(
      `pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -${cacheKibibytes};
       create table found (key text primary key, count, first, last, severity, file, record, line, offset, body) without rowid;
       create table sighting (time, events, file, record, line, offset, rule, fields, event);
       begin`,
    );
    this.#addGroup = this.#database.prepare(
      `insert into found values (:key, :count, :first, :last, :severity, :file, :record, :line, :offset, :body)
       on conflict do update set count = count + excluded.count, first = min(first, excluded.first),
         last = max(last, excluded.last)`,
    );
    this.#addSighting = this.#database.prepare('insert into sighting values (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#replace = this.#database.prepare(
      `update found set file = :file, record = :record, line = :line, offset = :offset, body = :body
       where key = :key and (file, record) > (:file, :record)`,
    );
  }

  /** Takes in a batch. */
  add({ groups, sightings }: Matches): void {
    for (const group of groups) this.#group(group);
    for (const { time, events, place, rule, fields, event } of sightings) {
      const { file, record, line, offset } = place;
      this.#addSighting.run(
        time,
        events,
        file,
        record,
        line,
        offset,
        rule,
        JSON.stringify(fields),
        JSON.stringify(event),
      );
    }
  }

  /** Judges the correlations. Call it once, after everything was added. */
  correlate(): void {
    const correlator = new Correlator(this.#rules);
    const rows = this.#database
      .prepare('select * from sighting order by time, file, record, rule')
      .iterate() as Iterable<Record<string, unknown>>;
    let seen = 0;
    let place: RecordPlace = { file: 0, record: 0, line: 0, offset: 0 };
    for (const row of rows) {
      const rule = this.#rules.find(String(row['rule']));
      if (rule === undefined) continue;
      const fields = JSON.parse(String(row['fields'])) as Sighting['fields'];
      place = {
        file: Number(row['file']),
        record: Number(row['record']),
        line: Number(row['line']),
        offset: Number(row['offset']),
      };
      const toEvent = (): Event => JSON.parse(String(row['event'])) as Event;
      const reader: EventReader = {
        time: Number(row['time']),
        get: (name): FieldValue => (Object.hasOwn(fields, name) ? fields[name] : undefined),
        toEvent,
      };
      for (const match of correlator.observe(rule, reader, pathSource, reader, Number(row['events']))) {
        this.#correlation(match, place, toEvent());
      }
      seen += 1;
      if (seen % sightingsPerClose === 0) {
        for (const match of correlator.close()) this.#correlation(match, place, undefined);
      }
    }
    for (const match of correlator.close()) this.#correlation(match, place, undefined);
    this.#losses = { ...correlator.losses };
  }

  /** What the correlations had to let go of. */
  get losses(): CorrelatorLosses {
    return this.#losses;
  }

  /** Findings of at least a severity: the gravest first, then the earliest. */
  *findings(minSeverity = 0): Generator<OfflineFinding> {
    const rows = this.#database
      .prepare('select * from found where severity >= ? order by severity desc, first, key')
      .iterate(minSeverity) as Iterable<Record<string, unknown>>;
    for (const row of rows) {
      const finding = JSON.parse(String(row['body'])) as Finding;
      const uid = uidOf(String(row['key']));
      const [first, last] = [Number(row['first']), Number(row['last'])];
      const place = {
        file: Number(row['file']),
        record: Number(row['record']),
        line: Number(row['line']),
        offset: Number(row['offset']),
      };
      yield {
        place,
        finding: {
          ...finding,
          time: last,
          count: Number(row['count']),
          metadata: { ...finding.metadata, uid },
          finding_info: {
            ...finding.finding_info,
            uid,
            created_time: last,
            first_seen_time: first,
            last_seen_time: last,
          },
        },
      };
    }
  }

  /** Frees everything. */
  close(): void {
    this.#database.close();
  }

  #group({ key, count, first, last, place, finding }: MatchGroup): void {
    const body = JSON.stringify(finding);
    const severity = finding.severity_id;
    this.#addGroup.run({ key, count, first, last, severity, ...place, body });
    this.#replace.run({ key, ...place, body });
  }

  #correlation(match: CorrelationMatch, place: RecordPlace, completing: Event | undefined): void {
    const { correlation, group, span } = match;
    if (!this.#rules.standsAlone(correlation)) return;
    const key = [correlation.uid, ...group].join('|');
    const finding = buildFinding(
      {
        rule: correlation,
        event: (match.sample as Event | undefined) ?? completing,
        reasons: reasonsOfCorrelation(correlation, group, span),
        dedupKey: key,
        firstSeen: span.first,
        lastSeen: span.last,
        events: span.events,
        correlated: true,
      },
      span.last,
    );
    this.#group({ key, count: span.events, first: span.first, last: span.last, place, finding });
  }
}

/** The same finding of the same input has the same id, in the form of a UUID of version 8 (RFC 9562). */
function uidOf(key: string): string {
  const hash = createHash('sha256').update(key).digest('hex');
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  return [...parts, hash.slice(20, 32)].join('-');
}
