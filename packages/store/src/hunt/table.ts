/** The table that a hunt works on: in memory up to a bound, then in a temporary file that has no name. */
import { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from '../errors.ts';
import type { Cell, HuntPlan } from './plan.ts';

const pageBytes = 4096;

/** Bounds of a table. */
export interface TableLimits {
  /** Bytes kept in memory; what is more goes to a temporary file. */
  readonly memoryBytes: number;
  /** Bytes of the temporary file, at most. */
  readonly diskBytes: number;
}

/** Thrown when a hunt needs more room than it may take. */
export class HuntTooLarge extends Error {
  readonly text: { readonly en: string; readonly zh: string };

  constructor(bytes: number) {
    const en = `the hunt needs more than ${Math.round(bytes / 2 ** 20)} MiB of temporary space; narrow the filter or the time`;
    super(en);
    this.name = 'HuntTooLarge';
    this.text = {
      en,
      zh: `该查询所需的临时空间超过 ${Math.round(bytes / 2 ** 20)} MiB；请缩小过滤条件或时间范围`,
    };
  }
}

/** Rows of the source, and what the stages make of them. */
export class HuntTable {
  readonly #database: DatabaseSync;
  readonly #plan: HuntPlan;
  readonly #insert: (cells: readonly Cell[]) => void;
  readonly #diskBytes: number;

  constructor(plan: HuntPlan, { memoryBytes, diskBytes }: TableLimits) {
    this.#plan = plan;
    this.#diskBytes = diskBytes;
    // An empty name is SQLite's private temporary database (sqlite.org/inmemorydb.html): its pages are written
    // to an unlinked file only when the cache is full.
    this.#database = new DatabaseSync('');
    this.#database.exec(
      `pragma page_size = ${pageBytes}; pragma journal_mode = off; pragma synchronous = off;
       pragma cache_size = -${Math.ceil(memoryBytes / 1024)};
       pragma max_page_count = ${Math.ceil(diskBytes / pageBytes)}`,
    );
    // A table without columns cannot be made; a hunt that only counts needs none.
    const columns = plan.attributes.length === 0 ? ['c0'] : plan.attributes.map((_, index) => `c${index}`);
    this.#database.exec(`create table s0 (${columns.join(', ')}); begin`);
    const places = columns.map(() => '?').join(', ');
    const statement = this.#database.prepare(`insert into s0 values (${places})`);
    this.#insert =
      plan.attributes.length === 0 ? () => statement.run(null) : cells => statement.run(...cells);
  }

  /** Adds a row of the source. @throws HuntTooLarge */
  add(cells: readonly Cell[]): void {
    this.#bounded(() => this.#insert(cells));
  }

  /** Runs every stage. @throws HuntTooLarge */
  run(): void {
    this.#bounded(() => {
      this.#database.exec('commit');
      for (const [index, { sql, parameters, where }] of this.#plan.statements.entries()) {
        if (where !== undefined) {
          this.#database.function('keeps', { varargs: true, deterministic: true }, (...cells) =>
            where(cells as Cell[]) ? 1 : 0,
          );
        }
        this.#database.prepare(sql).run(...parameters);
        this.#database.exec(`drop table s${index}`);
      }
    });
  }

  /** Number of rows of the result. */
  count(): number {
    return Number(
      this.#database.prepare(`select count(*) as count from ${this.#plan.table}`).get()?.['count'],
    );
  }

  /** The first rows of the result. */
  rows(limit: number): Cell[][] {
    const { selected, table } = this.#plan;
    const chosen = selected.map((sql, index) => `${sql} as r${index}`).join(', ');
    const rows = this.#database.prepare(`select ${chosen} from ${table} order by rowid limit ?`).all(limit);
    return rows.map(row => Object.values(row) as Cell[]);
  }

  /** Frees everything. */
  close(): void {
    this.#database.close();
  }

  #bounded(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw isDiskFull(error) ? new HuntTooLarge(this.#diskBytes) : error;
    }
  }
}
