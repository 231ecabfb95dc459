/** A hunt worked out in the plainest way, row by row and without SQL: what the property test compares with. */
import type { FieldValue } from '@redoubt/model';
import type { Measure, Stage, Term } from '../../src/hunt/language.ts';
import { parseHunt } from '../../src/hunt/parse.ts';
import type { Cell } from '../../src/hunt/plan.ts';
import { compileWhere, type Judged, predicateOf } from '../../src/where/compile.ts';
import type { Expression } from '../../src/where/expression.ts';

type Row = ReadonlyMap<string, Cell>;

/** Every attribute that a test's queries may name must stand in `paths`. */
export function naiveHunt(
  views: readonly Judged[],
  query: string,
  paths: readonly string[],
): { names: string[] | undefined; rows: Cell[][] } {
  const hunt = parseHunt(query);
  const filter = hunt.filter === '' ? undefined : compileWhere(hunt.filter).filter;
  let names: string[] | undefined;
  let rows: Row[] = views
    .filter(view => filter?.(view) ?? true)
    .map(view => new Map(paths.map(path => [path, cellOf(view, path)])));
  for (const stage of hunt.stages) {
    rows = apply(stage, rows);
    names = namesAfter(stage) ?? names;
  }
  return { names, rows: rows.map(row => (names ?? paths).map(name => row.get(name) ?? null)) };
}

function namesAfter(stage: Stage): string[] | undefined {
  if (stage.type === 'fields' || stage.type === 'distinct') return stage.terms.map(term => term.name);
  if (stage.type === 'aggregate') return [...stage.by, ...stage.measures].map(one => one.name);
  return undefined;
}

function cellOf(view: Judged, path: string): Cell {
  const value: FieldValue = path === 'time' ? view.time : path === 'kind' ? view.kind : view.get(path);
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function termValue(row: Row, term: Term): Cell {
  const value = row.get(term.path) ?? null;
  if (term.bucket === undefined) return value;
  return typeof value === 'number' ? Math.floor(value / term.bucket) * term.bucket : null;
}

function keyOf(cells: readonly Cell[]): string {
  return JSON.stringify(cells);
}

/** SQLite's order: no value, then numbers, then texts by their bytes. */
function order(one: Cell, other: Cell): number {
  const rank = (cell: Cell): number => (cell === null ? 0 : typeof cell === 'number' ? 1 : 2);
  if (rank(one) !== rank(other)) return rank(one) - rank(other);
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
}

function orderAll(one: readonly Cell[], other: readonly Cell[]): number {
  for (const [index, cell] of one.entries()) {
    const difference = order(cell, other[index] ?? null);
    if (difference !== 0) return difference;
  }
  return 0;
}

function apply(stage: Stage, rows: readonly Row[]): Row[] {
  switch (stage.type) {
    case 'limit':
      return rows.slice(0, stage.count);
    case 'where': {
      const holds = predicateOf(texts(stage.expression));
      return rows.filter(row => holds(judgedOf(row)));
    }
    case 'fields':
      return rows.map(row => new Map(stage.terms.map(term => [term.name, termValue(row, term)])));
    case 'distinct':
      return grouped(rows, stage.terms, []);
    case 'aggregate':
      return grouped(rows, stage.by, stage.measures);
    case 'sort':
      return rows.toSorted((one, other) => {
        for (const { path, descending } of stage.keys) {
          const difference = order(one.get(path) ?? null, other.get(path) ?? null);
          if (difference !== 0) return descending ? -difference : difference;
        }
        return 0;
      });
    default: {
      const chosen = new Map<string, Row>();
      for (const row of rows) {
        const key = keyOf(stage.by.map(term => termValue(row, term)));
        if (stage.type === 'last' || !chosen.has(key)) chosen.set(key, row);
      }
      const kept = new Set(chosen.values());
      return rows.filter(row => kept.has(row));
    }
  }
}

function judgedOf(row: Row): Judged {
  const kind = row.get('kind');
  const time = row.get('time');
  return {
    kind: typeof kind === 'string' ? kind : undefined,
    time: typeof time === 'number' ? time : Number.NaN,
    get: path => row.get(path) ?? undefined,
  };
}

function texts(expression: Expression): Expression {
  if (expression.type === 'not') return { type: 'not', part: texts(expression.part) };
  if (expression.type !== 'test') return { type: expression.type, parts: expression.parts.map(texts) };
  return {
    ...expression,
    values: expression.values.map(one => (typeof one === 'boolean' ? String(one) : one)),
  };
}

function grouped(rows: readonly Row[], by: readonly Term[], measures: readonly Measure[]): Row[] {
  const groups = new Map<string, { cells: Cell[]; rows: Row[] }>();
  if (by.length === 0) groups.set('', { cells: [], rows: [] });
  for (const row of rows) {
    const cells = by.map(term => termValue(row, term));
    const key = by.length === 0 ? '' : keyOf(cells);
    const group = groups.get(key) ?? { cells, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()]
    .toSorted((one, other) => orderAll(one.cells, other.cells))
    .map(
      group =>
        new Map<string, Cell>([
          ...by.map((term, index): [string, Cell] => [term.name, group.cells[index] ?? null]),
          ...measures.map((measure): [string, Cell] => [measure.name, measured(measure, group.rows)]),
        ]),
    );
}

function measured({ measure, path }: Measure, rows: readonly Row[]): Cell {
  const values = rows.map(row => row.get(path ?? '') ?? null).filter(value => value !== null);
  const numbers = values.filter(value => typeof value === 'number');
  const sum = numbers.reduce((total, one) => total + one, 0);
  switch (measure) {
    case 'count':
      return rows.length;
    case 'dcount':
      return new Set(values).size;
    case 'sum':
      return numbers.length === 0 ? null : sum;
    case 'avg':
      return numbers.length === 0 ? null : sum / numbers.length;
    case 'min':
      return values.toSorted(order)[0] ?? null;
    case 'max':
      return values.toSorted(order).at(-1) ?? null;
  }
}
