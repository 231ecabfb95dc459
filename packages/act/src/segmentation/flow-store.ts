/** The flow inventory: connections counted in memory, and by day on disk. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Flow, keyOf, merged } from './flow.ts';

const day = 86_400_000;

/** How much is kept. */
export interface FlowLimits {
  /** Kinds of flows in memory between two writes. */
  readonly waiting: number;
  /** Kinds of flows on disk of one day. */
  readonly perDay: number;
  readonly days: number;
}

const usualLimits: FlowLimits = { waiting: 10_000, perDay: 100_000, days: 90 };

/** What was not kept, and what there is. */
export interface FlowCounters {
  /** Events taken in since the start. */
  seen: number;
  /** Connections that were not kept: more kinds in a day than fit, or a disk that refused. */
  unkept: number;
  /** Kinds of flows that wait to be written. */
  waiting: number;
}

/** Made by `new`; its owner calls {@link FlowStore.flush} regularly, and `close`. */
export class FlowStore {
  readonly #database: DatabaseSync;
  readonly #limits: FlowLimits;
  readonly #waiting = new Map<string, Flow>();
  readonly #counters = { seen: 0, unkept: 0 };
  /** Rows of a day, so that the bound costs no count each time. */
  readonly #rows = new Map<number, number>();

  /** Opens `flows.db` in a state directory. @throws when it cannot be used */
  constructor(directory: string, limits: Partial<FlowLimits> = {}) {
    this.#limits = { ...usualLimits, ...limits };
    const path = join(directory, 'flows.db');
    this.#database = new DatabaseSync(path);
    chmodSync(path, 0o600);
    this.#database.exec(`pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -512;
      create table if not exists flow (
        day integer not null, key text not null, body text not null,
        count integer not null, first integer not null, last integer not null, primary key (day, key)
      ) without rowid`);
  }

  /** Takes a flow in. Quick: it stands in the way of every connection. */
  add(flow: Flow): void {
    this.#counters.seen++;
    const key = keyOf(flow);
    const known = this.#waiting.get(key);
    if (known === undefined && this.#waiting.size >= this.#limits.waiting && !this.#tryFlush()) {
      this.#counters.unkept += flow.count;
      return;
    }
    this.#waiting.set(key, known === undefined ? flow : merged(known, flow));
  }

  /** Writes what waits, in one transaction. @throws the database's error; what waits goes on waiting */
  flush(now = Date.now()): void {
    if (this.#waiting.size === 0) return;
    const today = Math.floor(now / day);
    const update = this.#database.prepare(
      `update flow set count = count + ?, first = min(first, ?), last = max(last, ?) where day = ? and key = ?`,
    );
    const insert = this.#database.prepare(
      'insert into flow (day, key, body, count, first, last) values (?, ?, ?, ?, ?, ?)',
    );
    let unkept = 0;
    let rows = this.#rowsOf(today);
    this.#database.exec('begin immediate');
    try {
      for (const [key, { count, first, last, ...body }] of this.#waiting) {
        if (Number(update.run(count, first, last, today, key).changes) > 0) continue;
        if (rows >= this.#limits.perDay) {
          unkept += count;
          continue;
        }
        insert.run(today, key, JSON.stringify(body), count, first, last);
        rows++;
      }
      this.#database.prepare('delete from flow where day < ?').run(today - this.#limits.days);
      this.#database.exec('commit');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
    this.#rows.clear();
    this.#rows.set(today, rows);
    this.#counters.unkept += unkept;
    this.#waiting.clear();
  }

  /**
   * Flows with a connection in a period, the most frequent first. Counts are those of whole days.
   * @param from @param to milliseconds since the Unix epoch
   */
  flows({ from, to, limit }: { from?: number; to?: number; limit?: number } = {}): Flow[] {
    const rows = this.#database
      .prepare(
        `select body, sum(count) as count, min(first) as first, max(last) as last from flow
         where last >= :from and first <= :to group by key order by 2 desc limit :limit`,
      )
      .all({ from: from ?? 0, to: to ?? Number.MAX_SAFE_INTEGER, limit: limit ?? 100_000 });
    return rows.map(row => ({
      ...(JSON.parse(String(row['body'])) as Omit<Flow, 'count' | 'first' | 'last'>),
      count: Number(row['count']),
      first: Number(row['first']),
      last: Number(row['last']),
    }));
  }

  /** What was seen, and what was not kept. */
  counters(): FlowCounters {
    return { ...this.#counters, waiting: this.#waiting.size };
  }

  /** Writes what waits and ends it. */
  close(): void {
    this.#tryFlush();
    this.#database.close();
  }

  #rowsOf(today: number): number {
    const known = this.#rows.get(today);
    if (known !== undefined) return known;
    const row = this.#database.prepare('select count(*) as rows from flow where day = ?').get(today);
    return Number(row?.['rows']);
  }

  #tryFlush(): boolean {
    try {
      this.flush();
      return true;
    } catch {
      return false;
    }
  }
}
