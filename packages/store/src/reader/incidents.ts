/** Reading incidents and suppressions. */
import type { Incident, Suppression } from '@redoubt/model';
import type { ReadConnection } from './connection.ts';

/** Which incidents are wanted; the one with the last event first. Absent means not restricted. */
export interface IncidentQuery {
  /** Last event at or after this time, and first event at or before that, milliseconds since the Unix epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Lowest score, 0 to 100. */
  readonly minScore?: number | undefined;
  /** Any of these `status_id`. */
  readonly status?: readonly number[] | undefined;
  /** Default: 100. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** Merges that are followed from one incident to the next. */
const longestTrail = 100;

/** The incidents of a recorder. Those that became part of another one are not listed. */
export class IncidentRows {
  readonly #connection: ReadConnection;

  constructor(connection: ReadConnection) {
    this.#connection = connection;
  }

  /** The incidents that a query selects. */
  list(query: IncidentQuery): Incident[] {
    if (!this.#exist()) return [];
    const rows = this.#connection
      .statement(
        `select body from incident
         where merged_into is null
           and (:from is null or last_seen >= :from) and (:to is null or first_seen <= :to)
           and (:score is null or score >= :score)
           and (:status is null or status in (select value from json_each(:status)))
         order by last_seen desc, id desc limit :limit offset :offset`,
      )
      .all({
        from: query.from ?? null,
        to: query.to ?? null,
        score: query.minScore ?? null,
        status: query.status === undefined ? null : JSON.stringify(query.status),
        limit: query.limit ?? 100,
        offset: query.offset ?? 0,
      });
    return rows.map(row => JSON.parse(String(row['body'])) as Incident);
  }

  /** One incident by its uid, or the one that it became part of. */
  find(uid: string): Incident | undefined {
    if (!this.#exist()) return undefined;
    let wanted = uid;
    for (let step = 0; step < longestTrail; step++) {
      const row = this.#connection
        .statement('select merged_into, body from incident where uid = ?')
        .get(wanted);
      const next = row?.['merged_into'];
      if (typeof next !== 'string') return row && (JSON.parse(String(row['body'])) as Incident);
      wanted = next;
    }
    return undefined;
  }

  /** The incident that a finding belongs to. */
  ofFinding(findingUid: string): Incident | undefined {
    if (!this.#exist()) return undefined;
    const uid = this.#connection
      .statement('select incident_uid from incident_finding where finding_uid = ?')
      .get(findingUid)?.['incident_uid'];
    return typeof uid === 'string' ? this.find(uid) : undefined;
  }

  /** Suppressions that end after a time, milliseconds since the Unix epoch. */
  suppressions(after: number): Suppression[] {
    if (!this.#exist()) return [];
    const rows = this.#connection
      .statement('select body from suppression where expires > ? order by expires')
      .all(Math.floor(after));
    return rows.map(row => JSON.parse(String(row['body'])) as Suppression);
  }

  /** Whether the database has the tables: one that no newer program has written yet lacks them. */
  #exist(): boolean {
    const sql = "select 1 from sqlite_schema where type = 'table' and name = 'suppression'";
    return this.#connection.statement(sql).get() !== undefined;
  }
}
