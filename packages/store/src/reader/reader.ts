/** Reading a recorder, also while another process writes it. */
import type { Finding, StoredProcess } from '@redoubt/model';
import type { LossNote, StoredEvent } from '../types.ts';
import { ReadConnection } from './connection.ts';
import { type EventQuery, EventScan } from './events.ts';
import { IncidentRows } from './incidents.ts';
import { ProcessLookup, processOf } from './processes.ts';

/** Which findings are wanted; newest first. Absent means not restricted. */
export interface FindingQuery {
  /** Last match at or after this time, and first match at or before that, milliseconds since the Unix epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Lowest `severity_id`. */
  readonly minSeverity?: number | undefined;
  /** Any of these `status_id`. */
  readonly status?: readonly number[] | undefined;
  /** Rule id. */
  readonly rule?: string | undefined;
  /** Default: 100. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** Which processes are wanted; latest start first. Absent means not restricted. */
export interface ProcessQuery {
  readonly bootId?: string | undefined;
  readonly pid?: number | undefined;
  /** Children of this process. */
  readonly parentUid?: string | undefined;
  /** Path of the executable. */
  readonly exe?: string | undefined;
  /** Alive at some moment from the one to the other time, milliseconds since the Unix epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only those of which no end is known. */
  readonly running?: boolean | undefined;
  /** Default: 1000. */
  readonly limit?: number | undefined;
}

/** Rows read at one time where all are wanted. */
const rowsAtOnce = 500;

/** What the recorder holds. */
export interface Extent {
  readonly chunks: number;
  readonly events: number;
  readonly firstSequence: number | undefined;
  /** Sequence number of the newest event on disk. */
  readonly lastSequence: number | undefined;
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
  readonly findings: number;
  readonly processes: number;
}

/**
 * Opens the recorder in a folder for reading. Any number of readers may be open, in any process, beside the one
 * writer; what they see is what the writer has flushed.
 * @throws RecorderError `absent` when there is none, `corrupt` when it cannot be read
 */
export function openReader(directory: string): Reader {
  return new Reader(new ReadConnection(directory));
}

/** Made by {@link openReader}; end it with `close`. */
export class Reader {
  /** Incidents and suppressions. */
  readonly incidents: IncidentRows;
  readonly #connection: ReadConnection;

  /** Use {@link openReader}. */
  constructor(connection: ReadConnection) {
    this.#connection = connection;
    this.incidents = new IncidentRows(connection);
  }

  /**
   * The events that a query selects, by sequence number. About a million events a second are looked through,
   * with the event loop let run every 5 ms; chunks outside the time range, or with none of the kinds, cost
   * nothing. A chunk that is damaged is left out and told to `onDamage`.
   */
  events(query: EventQuery = {}): AsyncIterable<StoredEvent> {
    return new EventScan(this.#connection, new ProcessLookup(this.#connection), query).run();
  }

  /** One event by its sequence number. */
  async event(sequence: number): Promise<StoredEvent | undefined> {
    for await (const event of this.events({ afterSequence: sequence - 1, beforeSequence: sequence + 1 })) {
      return event;
    }
    return undefined;
  }

  /** Findings, the one seen last first. */
  async findings(query: FindingQuery = {}): Promise<Finding[]> {
    const rows = this.#connection
      .statement(
        `select body from finding
         where (:from is null or last_seen >= :from) and (:to is null or first_seen <= :to)
           and (:severity is null or severity >= :severity) and (:rule is null or rule = :rule)
           and (:status is null or status in (select value from json_each(:status)))
         order by time desc, id desc limit :limit offset :offset`,
      )
      .all({
        from: query.from ?? null,
        to: query.to ?? null,
        severity: query.minSeverity ?? null,
        rule: query.rule ?? null,
        status: query.status === undefined ? null : JSON.stringify(query.status),
        limit: query.limit ?? 100,
        offset: query.offset ?? 0,
      });
    return rows.map(row => JSON.parse(String(row['body'])) as Finding);
  }

  /** One finding by `finding_info.uid`, also by that of a finding that was counted into it. */
  finding(uid: string): Finding | undefined {
    const row = this.#connection
      .statement(
        `select f.body from finding_part p join finding f on f.uid = p.finding_uid where p.part_uid = ?`,
      )
      .get(uid);
    return row === undefined ? undefined : (JSON.parse(String(row['body'])) as Finding);
  }

  /** Processes, one row an image. */
  async processes(query: ProcessQuery = {}): Promise<StoredProcess[]> {
    const rows = this.#connection
      .statement(
        `select p.body, b.boot_id from process p join boot b on b.number = p.boot
         where (:boot is null or b.boot_id = :boot) and (:pid is null or p.pid = :pid)
           and (:parent is null or p.parent_uid = :parent) and (:exe is null or p.exe = :exe)
           and (:from is null or p.end_time is null or p.end_time >= :from)
           and (:to is null or p.start_time <= :to) and (:running = 0 or p.end_time is null)
         order by p.start_time desc, p.id desc limit :limit`,
      )
      .all({
        boot: query.bootId ?? null,
        pid: query.pid ?? null,
        parent: query.parentUid ?? null,
        exe: query.exe ?? null,
        from: query.from ?? null,
        to: query.to ?? null,
        running: query.running === true ? 1 : 0,
        limit: query.limit ?? 1000,
      });
    return rows.map(row => processOf(String(row['body']), String(row['boot_id'])));
  }

  /** Every process that was alive at some moment from the one to the other time, a page at a time. */
  *eachProcess({ from, to }: Pick<ProcessQuery, 'from' | 'to'> = {}): Generator<StoredProcess> {
    const sql = `select p.id, p.body, b.boot_id from process p join boot b on b.number = p.boot
      where p.id > :after and (:from is null or p.end_time is null or p.end_time >= :from)
        and (:to is null or p.start_time <= :to) order by p.id limit ${rowsAtOnce}`;
    for (const row of this.#pages(sql, from, to)) {
      yield processOf(String(row['body']), String(row['boot_id']));
    }
  }

  /** Every finding with a match from the one to the other time, a page at a time. */
  *eachFinding({ from, to }: Pick<FindingQuery, 'from' | 'to'> = {}): Generator<Finding> {
    const sql = `select id, body from finding
      where id > :after and (:from is null or last_seen >= :from) and (:to is null or first_seen <= :to)
      order by id limit ${rowsAtOnce}`;
    for (const row of this.#pages(sql, from, to)) yield JSON.parse(String(row['body'])) as Finding;
  }

  *#pages(sql: string, from: number | undefined, to: number | undefined): Generator<Record<string, unknown>> {
    let after = 0;
    for (;;) {
      const rows = this.#connection.statement(sql).all({ after, from: from ?? null, to: to ?? null });
      yield* rows;
      if (rows.length < rowsAtOnce) return;
      after = Number(rows.at(-1)?.['id']);
    }
  }

  /**
   * One process by its identity.
   * @param bootId its boot; the latest boot that knows the process when absent
   * @param image which image; the latest when absent
   */
  process(uid: string, bootId?: string, image?: number): StoredProcess | undefined {
    const boot = bootId ?? this.#latestBootOf(uid);
    return boot === undefined ? undefined : new ProcessLookup(this.#connection).find(boot, uid, image);
  }

  /** Every kept image of a process, first to last. */
  images(uid: string, bootId?: string): readonly StoredProcess[] {
    const boot = bootId ?? this.#latestBootOf(uid);
    return boot === undefined ? [] : new ProcessLookup(this.#connection).images(boot, uid);
  }

  /** What was lost, newest first. */
  async losses(limit = 100): Promise<LossNote[]> {
    const rows = this.#connection.statement('select * from loss order by id desc limit ?').all(limit);
    return rows as unknown as LossNote[];
  }

  /** What the recorder holds. */
  extent(): Extent {
    const one = (sql: string) => this.#connection.statement(sql).get() ?? {};
    const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
    const all = one(
      `select count(*) as chunks, coalesce(sum(count), 0) as events, min(first_sequence) as first,
       max(first_sequence + count) - 1 as last, min(first_time) as first_time, max(last_time) as last_time
       from event_chunk`,
    );
    return {
      chunks: Number(all['chunks']),
      events: Number(all['events']),
      firstSequence: number(all['first']),
      lastSequence: number(all['last']),
      firstTime: number(all['first_time']),
      lastTime: number(all['last_time']),
      findings: Number(one('select count(*) as count from finding')['count']),
      processes: Number(one('select count(*) as count from process')['count']),
    };
  }

  /** Ends the connection. */
  close(): void {
    this.#connection.close();
  }

  #latestBootOf(uid: string): string | undefined {
    const row = this.#connection
      .statement(
        `select b.boot_id from process p join boot b on b.number = p.boot where p.uid = ?
         order by p.boot desc limit 1`,
      )
      .get(uid);
    return typeof row?.['boot_id'] === 'string' ? row['boot_id'] : undefined;
  }
}
