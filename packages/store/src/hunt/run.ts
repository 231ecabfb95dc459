/** Running a hunt: rows of the recorder go into a table, and SQL does the rest. */
import { type Bilingual, type EventKind, type FieldValue, storedCapabilities, valueAt } from '@redoubt/model';
import type { ChunkDamage } from '../reader/events.ts';
import type { Reader } from '../reader/reader.ts';
import type { StoredEvent } from '../types.ts';
import type { Judged } from '../where/compile.ts';
import { parseHunt } from './parse.ts';
import { type Cell, filterOf, type HuntPlan, planHunt, type ResultColumn } from './plan.ts';
import { HuntTable } from './table.ts';

/** How a hunt is run. */
export interface HuntOptions {
  /** What "ago" is measured from; now by default. Times are milliseconds since the Unix epoch. */
  readonly now?: number;
  /** Earliest and latest time, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only these kinds of events. */
  readonly kinds?: readonly EventKind[] | undefined;
  /** A further condition on events, such as that of a Sigma rule. */
  readonly filter?: ((event: StoredEvent) => boolean) | undefined;
  /** Rows given back, at most; 1000 by default. */
  readonly resultLimit?: number;
  /** Reading ends after this many milliseconds; unlimited by default. */
  readonly timeLimit?: number | undefined;
  /** Bytes of the table in memory, 64 MiB by default, and beyond that in a temporary file, 4 GiB. */
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
  /** Told now and then how many rows were looked at, and how much of the record that is, 0 to 1. */
  readonly onProgress?: ((scanned: number, done: number) => void) | undefined;
  /** Told of every chunk that cannot be read. */
  readonly onDamage?: ((damage: ChunkDamage) => void) | undefined;
}

/** What a hunt found. */
export interface HuntResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** Rows that there are; more than `rows` when the result was cut. */
  readonly total: number;
  /** Rows of the source that were looked at, and those that passed the filter. */
  readonly scanned: number;
  readonly passed: number;
  /** Why the result is not the whole; empty when it is. */
  readonly cut: readonly Bilingual[];
  readonly milliseconds: number;
}

/** The progress is told and the clock looked at after this many rows. */
const rowsPerLook = 4096;

/** What a hunt does, in SQL; for people. @throws WhereError */
export function explainHunt(query: string): string[] {
  const plan = planHunt(parseHunt(query));
  const columns = plan.attributes.map((path, index) => `c${index} = ${path}`);
  return [
    `-- ${plan.source.name}: ${columns.join(', ') || 'no attribute'}`,
    ...plan.statements.map(({ sql, parameters }) =>
      parameters.length === 0 ? `${sql};` : `${sql}; -- ${parameters.join(', ')}`,
    ),
    `select ${plan.selected.join(', ')} from ${plan.table};`,
  ];
}

/**
 * Runs a hunt; its language is described in language.ts.
 * @throws WhereError with the column of what is wrong; HuntTooLarge when it needs more room than it may take
 */
export async function runHunt(reader: Reader, query: string, options: HuntOptions = {}): Promise<HuntResult> {
  const start = performance.now();
  const now = options.now ?? Date.now();
  const plan = planHunt(parseHunt(query, now));
  const table = new HuntTable(plan, {
    memoryBytes: options.memoryBytes ?? 64 * 2 ** 20,
    diskBytes: options.diskBytes ?? 4 * 2 ** 30,
  });
  try {
    const loading = new Loading(plan, reader, options, now);
    await loading.run(table);
    table.run();
    const total = table.count();
    const limit = options.resultLimit ?? 1000;
    const cut = [...loading.cut];
    if (total > limit) {
      cut.push({
        en: `only the first ${limit} of ${total} rows are shown`,
        zh: `共 ${total} 行，仅显示前 ${limit} 行`,
      });
    }
    const { scanned, passed } = loading;
    const rows = table.rows(limit);
    return {
      columns: plan.columns,
      rows,
      total,
      scanned,
      passed,
      cut,
      milliseconds: performance.now() - start,
    };
  } finally {
    table.close();
  }
}

/** Brings rows of a source into the table. */
class Loading {
  scanned = 0;
  passed = 0;
  readonly cut: Bilingual[] = [];
  readonly #plan: HuntPlan;
  readonly #reader: Reader;
  readonly #options: HuntOptions;
  readonly #now: number;
  readonly #start = performance.now();
  readonly #stop = new AbortController();
  #first = Number.NaN;
  #last = Number.NaN;

  constructor(plan: HuntPlan, reader: Reader, options: HuntOptions, now: number) {
    this.#plan = plan;
    this.#reader = reader;
    this.#options = options;
    this.#now = now;
  }

  async run(table: HuntTable): Promise<void> {
    if (this.#plan.source.name === 'events') await this.#events(table);
    else this.#rows(table);
  }

  async #events(table: HuntTable): Promise<void> {
    const { from, to, kinds, filter, onDamage } = this.#options;
    const where = filterOf(this.#plan, this.#now);
    const { firstSequence, lastSequence } = this.#reader.extent();
    this.#first = Math.max(firstSequence ?? 0, where?.afterSequence ?? 0);
    this.#last = Math.min(lastSequence ?? 0, where?.beforeSequence ?? Number.POSITIVE_INFINITY);
    const events = this.#reader.events({
      from: latest(from, where?.from),
      to: earliest(to, where?.to),
      kinds: common(kinds, where?.kinds),
      afterSequence: where?.afterSequence,
      beforeSequence: where?.beforeSequence,
      limit: this.#plan.enough,
      signal: this.#stop.signal,
      onDamage,
      filter: event => {
        this.#look(event.sequence);
        return (where?.filter(event) ?? true) && (filter?.(event) ?? true);
      },
    });
    const { attributes } = this.#plan;
    for await (const event of events) {
      this.passed += 1;
      table.add(attributes.map(path => attributeCell(event, path)));
    }
  }

  /** Processes and findings: rows of the database, read a page at a time. */
  #rows(table: HuntTable): void {
    const where = filterOf(this.#plan, this.#now);
    const { from, to } = this.#options;
    const isProcess = this.#plan.source.name === 'process';
    const rows = isProcess ? this.#reader.eachProcess({ from, to }) : this.#reader.eachFinding({ from, to });
    for (const row of rows) {
      this.#look(Number.NaN);
      if (this.#stop.signal.aborted || this.passed === this.#plan.enough) return;
      const time = 'start_time' in row ? row.start_time : row.time;
      const get = (path: string): FieldValue => {
        if (path === 'time') return time;
        if (path === 'capabilities' && 'start_time' in row) return storedCapabilities(row.capabilities);
        return valueAt(row, path);
      };
      const judged = { kind: undefined, time, get };
      if (where !== undefined && !where.filter(judged)) continue;
      this.passed += 1;
      table.add(this.#plan.attributes.map(path => cellOf(get(path))));
    }
  }

  #look(sequence: number): void {
    this.scanned += 1;
    if (this.scanned % rowsPerLook !== 0) return;
    const { onProgress, timeLimit } = this.#options;
    const done = (sequence - this.#first) / (this.#last - this.#first);
    onProgress?.(this.scanned, Number.isFinite(done) ? Math.min(Math.max(done, 0), 1) : 0);
    if (timeLimit === undefined || this.#stop.signal.aborted) return;
    if (performance.now() - this.#start < timeLimit) return;
    this.#stop.abort();
    const seconds = timeLimit / 1000;
    this.cut.push({
      en: `the time limit of ${seconds} s was reached after ${this.scanned} rows; what came later is missing`,
      zh: `已达到 ${seconds} 秒的时间限制，读取了 ${this.scanned} 行；其后的内容未包含`,
    });
  }
}

function attributeCell(event: Judged, path: string): Cell {
  if (path === 'time') return event.time;
  return path === 'kind' ? (event.kind ?? null) : cellOf(event.get(path));
}

/** A value as it stands in a table: lists joined, true and false as texts. */
export function cellOf(value: FieldValue): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function common(
  one: readonly EventKind[] | undefined,
  other: readonly EventKind[] | undefined,
): readonly EventKind[] | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one.filter(kind => other.includes(kind));
}
