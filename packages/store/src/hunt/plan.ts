/**
 * From a parsed hunt to SQL. Every stage is one statement that makes the next table of the one before it; the
 * order of rows is that of `rowid`. Names of tables and columns are made here (`s1`, `c0`); whatever the query
 * says is a bound parameter or looked up in a table of what there is, so that no text of it reaches the SQL.
 */
import { compileWhere, predicateOf } from '../where/compile.ts';
import { type Expression, WhereError } from '../where/expression.ts';
import type { Hunt, Measure, PlacedPath, Stage, Term } from './language.ts';
import { attributeOf, type Source, similarTo, sources } from './source.ts';

/** A value in a table. */
export type Cell = string | number | null;

/** One statement; `where` is a JavaScript function that it calls under the name `keeps`. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly number[];
  readonly where?: (cells: readonly Cell[]) => boolean;
}

/** A column of the result. */
export interface ResultColumn {
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly isTime: boolean;
}

/** A hunt ready to run. */
export interface HuntPlan {
  readonly source: Source;
  /** The filter, as `compileWhere` takes it; empty lets everything through. */
  readonly filter: string;
  /** Attributes that go into the table `s0`, as its columns `c0`, `c1`, … */
  readonly attributes: readonly string[];
  readonly statements: readonly Statement[];
  /** Table of the result, and its columns in order. */
  readonly table: string;
  readonly selected: readonly string[];
  readonly columns: readonly ResultColumn[];
  /** No more rows of the source than this can matter; undefined when all can. */
  readonly enough: number | undefined;
}

interface ScopeColumn {
  readonly sql: string;
  readonly isTime: boolean;
}

/**
 * Plans a hunt.
 * @throws WhereError at a column that there is not
 */
export function planHunt(hunt: Hunt): HuntPlan {
  return new Planner(sources[hunt.source]).plan(hunt);
}

class Planner {
  readonly #source: Source;
  readonly #attributes: string[] = [];
  readonly #statements: Statement[] = [];
  /** Columns so far; undefined while every attribute of the source may still be asked for. */
  #scope: Map<string, ScopeColumn> | undefined;
  #table = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  plan(hunt: Hunt): HuntPlan {
    for (const { path, place } of hunt.paths) {
      if (path !== 'metadata.event_code' || this.#source.name !== 'events') this.#check(path, place);
    }
    const enough = enoughFor(hunt.stages);
    for (const stage of hunt.stages) this.#stage(stage);
    const names = this.#scope === undefined ? this.#source.shown : [...this.#scope.keys()];
    const columns = names.map(name => ({ name, ...this.#column({ path: name, place: 1 }) }));
    return {
      source: this.#source,
      filter: hunt.filter,
      attributes: this.#attributes,
      statements: this.#statements,
      table: `s${this.#table}`,
      selected: columns.map(({ sql }) => sql),
      columns: columns.map(({ name, isTime }) => ({ name, isTime })),
      enough,
    };
  }

  #stage(stage: Stage): void {
    const from = `s${this.#table}`;
    switch (stage.type) {
      case 'fields':
        this.#fields(stage.terms);
        return;
      case 'distinct':
        this.#group(stage.terms, []);
        return;
      case 'aggregate':
        this.#group(stage.by, stage.measures);
        return;
      case 'where':
        this.#where(stage);
        return;
      case 'limit':
        this.#next(`select * from ${from} order by rowid limit ?`, [stage.count]);
        return;
      case 'sort': {
        const keys = stage.keys.map(key => `${this.#column(key).sql}${key.descending ? ' desc' : ''}`);
        this.#next(`select * from ${from} order by ${keys.join(', ')}, rowid`);
        return;
      }
      default: {
        const parameters: number[] = [];
        const by = stage.by.map(term => this.#expression(term, parameters));
        const end = stage.type === 'first' ? 'min' : 'max';
        const groups = by.length === 0 ? '' : ` group by ${by.join(', ')}`;
        const chosen = `select ${end}(rowid) from ${from}${groups}`;
        this.#next(`select * from ${from} where rowid in (${chosen}) order by rowid`, parameters);
      }
    }
  }

  /** Columns are only chosen and renamed, unless a time is rounded: that needs a table. */
  #fields(terms: readonly Term[]): void {
    if (terms.every(({ bucket }) => bucket === undefined)) {
      this.#scope = uniquely(
        terms,
        terms.map(term => this.#column(term)),
      );
      return;
    }
    const parameters: number[] = [];
    const chosen = terms.map((term, index) => `${this.#expression(term, parameters)} as c${index}`);
    const isTime = terms.map(term => this.#column(term).isTime);
    this.#next(`select ${chosen.join(', ')} from s${this.#table} order by rowid`, parameters);
    this.#scope = uniquely(terms, numbered(isTime));
  }

  #group(terms: readonly Term[], measures: readonly Measure[]): void {
    const parameters: number[] = [];
    const groups = terms.map(term => this.#expression(term, parameters));
    const measured = measures.map(measure => this.#measure(measure));
    const isTime = [...terms.map(term => this.#column(term).isTime), ...measured.map(one => one.isTime)];
    const chosen = [...groups, ...measured.map(({ sql }) => sql)].map((sql, index) => `${sql} as c${index}`);
    const keys = terms.map((_, index) => String(index + 1)).join(', ');
    const by = keys === '' ? '' : ` group by ${keys} order by ${keys}`;
    this.#next(`select ${chosen.join(', ')} from s${this.#table}${by}`, parameters);
    this.#scope = uniquely([...terms, ...measures], numbered(isTime));
  }

  #measure({ measure, path, place }: Measure): ScopeColumn {
    if (path === undefined) return { sql: 'count(*)', isTime: false };
    const { sql, isTime } = this.#column({ path, place });
    switch (measure) {
      case 'dcount':
        return { sql: `count(distinct ${sql})`, isTime: false };
      case 'sum':
      case 'avg':
        return {
          sql: `${measure}(case when typeof(${sql}) in ('integer', 'real') then ${sql} end)`,
          isTime: isTime && measure === 'avg',
        };
      default:
        return { sql: `${measure}(${sql})`, isTime };
    }
  }

  #where({ expression, paths }: Extract<Stage, { type: 'where' }>): void {
    const names = [...new Set(paths.map(({ path }) => canonical(path)))];
    const columns = paths.map(({ path, place }) => ({
      name: canonical(path),
      ...this.#column({ path: canonical(path), place }),
    }));
    const sql = names.map(name => columns.find(column => column.name === name)?.sql ?? 'null');
    const holds = predicateOf(withTexts(expression));
    const where = (cells: readonly Cell[]): boolean => {
      const cell = (name: string): Cell | undefined => cells[names.indexOf(name)] ?? undefined;
      const kind = cell('kind');
      const time = cell('time');
      return holds({
        kind: typeof kind === 'string' ? kind : undefined,
        time: typeof time === 'number' ? time : Number.NaN,
        get: cell,
      });
    };
    const table = `s${this.#table}`;
    this.#next(`select * from ${table} where keeps(${sql.join(', ')}) order by rowid`, [], where);
  }

  #next(select: string, parameters: readonly number[] = [], where?: Statement['where']): void {
    const sql = `create table s${this.#table + 1} as ${select}`;
    this.#statements.push({ sql, parameters, ...(where === undefined ? {} : { where }) });
    this.#table += 1;
  }

  #expression(term: Term, parameters: number[]): string {
    const { sql, isTime } = this.#column(term);
    if (term.bucket === undefined) return sql;
    if (!isTime) {
      throw new WhereError(
        term.place,
        `"${term.path}" is no time and has no spans`,
        `“${term.path}”不是时间，不能按跨度分组`,
      );
    }
    parameters.push(term.bucket, term.bucket);
    return `floor(${sql} / ?) * ?`;
  }

  #column({ path, place }: PlacedPath): ScopeColumn {
    if (this.#scope !== undefined) {
      const known = this.#scope.get(path);
      if (known !== undefined) return known;
      const there = [...this.#scope.keys()].join(', ');
      throw new WhereError(
        place,
        `there is no column "${path}" here; there are: ${there}`,
        `此处没有“${path}”列；可用的有：${there}`,
      );
    }
    const { isTime } = this.#check(path, place);
    let index = this.#attributes.indexOf(path);
    if (index < 0) index = this.#attributes.push(path) - 1;
    return { sql: `c${index}`, isTime };
  }

  #check(path: string, place: number): { readonly isTime: boolean } {
    const found = attributeOf(this.#source, path);
    if (found !== undefined) return found;
    const similar = similarTo(this.#source.attributes.keys(), path).join(', ');
    throw new WhereError(
      place,
      `${this.#source.name} has no attribute "${path}"${similar === '' ? '' : `; did you mean ${similar}?`}`,
      `${this.#source.name} 没有属性“${path}”${similar === '' ? '' : `；您是指 ${similar} 吗？`}`,
    );
  }
}

const canonical = (path: string): string => (path === 'metadata.event_code' ? 'kind' : path);

const numbered = (isTime: readonly boolean[]): ScopeColumn[] =>
  isTime.map((one, index) => ({ sql: `c${index}`, isTime: one }));

/** The scope of named columns; two of one name are refused. */
function uniquely(
  named: readonly { readonly name: string; readonly place: number }[],
  columns: readonly ScopeColumn[],
): Map<string, ScopeColumn> {
  const scope = new Map<string, ScopeColumn>();
  for (const [index, { name, place }] of named.entries()) {
    if (scope.has(name)) {
      throw new WhereError(
        place,
        `two columns are called "${name}"; name one with "as"`,
        `有两列都叫“${name}”；请用 as 改名`,
      );
    }
    scope.set(name, columns[index] ?? { sql: 'null', isTime: false });
  }
  return scope;
}

/** In a table, `true` and `false` are texts; so must they be in what is compared with them. */
function withTexts(expression: Expression): Expression {
  if (expression.type === 'not') return { type: 'not', part: withTexts(expression.part) };
  if (expression.type !== 'test') return { type: expression.type, parts: expression.parts.map(withTexts) };
  const values = expression.values.map(value => (typeof value === 'boolean' ? String(value) : value));
  return { ...expression, values };
}

/** How many rows of the source can matter: a limit before anything that looks at all of them. */
function enoughFor(stages: readonly Stage[]): number | undefined {
  for (const stage of stages) {
    if (stage.type === 'limit') return stage.count;
    if (stage.type === 'first' && stage.by.length === 0) return 1;
    if (stage.type !== 'fields') return undefined;
  }
  return undefined;
}

/** The predicate of a plan's filter, with what it says of kinds, times and sequence numbers. */
export function filterOf(plan: HuntPlan, now: number): ReturnType<typeof compileWhere> | undefined {
  return plan.filter === '' ? undefined : compileWhere(plan.filter, now);
}
