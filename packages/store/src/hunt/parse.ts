/** Parsing a hunt. Every error names its column in the whole query. */
import { compileWhere } from '../where/compile.ts';
import { type Expression, WhereError } from '../where/expression.ts';
import { type Token, tokensOf } from '../where/tokens.ts';
import {
  type Hunt,
  type Measure,
  type MeasureName,
  measureNames,
  type PlacedPath,
  type SortKey,
  type SourceName,
  type Stage,
  type Term,
} from './language.ts';

const stageLimit = 20;
const termLimit = 32;
const pathPattern = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*)*$/;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const spanPattern = /^(\d{1,6})([smhd])$/;
const unitMilliseconds: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const sources: readonly SourceName[] = ['events', 'process', 'finding'];
const stageNames = 'fields where count dcount min max sum avg distinct first last sort limit';

/**
 * Parses a hunt; the language is described in language.ts.
 * @param now what "ago" in a `where` stage is measured from, milliseconds since the Unix epoch
 * @throws WhereError with the column of what is wrong
 */
export function parseHunt(query: string, now = Date.now()): Hunt {
  const [head = '', ...rest] = segmentsOf(query);
  if (rest.length > stageLimit) {
    throw new WhereError(1, `more than ${stageLimit} stages`, `超过 ${stageLimit} 个阶段`);
  }
  const { source, filter } = sourceOf(head);
  return {
    source,
    filter,
    paths: filter.trim() === '' ? [] : pathsOf(filter),
    stages: rest.map(segment => stageOf(segment, now)),
  };
}

/** The parts between bars, each behind as many spaces as stand before it in the query. */
function segmentsOf(query: string): string[] {
  const segments: string[] = [];
  let start = 0;
  let quote = '';
  for (let at = 0; at <= query.length; at += 1) {
    const char = query.charAt(at);
    if (quote !== '') {
      if (char === '\\') at += 1;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    if (at === query.length || (char === '|' && quote === '')) {
      segments.push(' '.repeat(start) + query.slice(start, at));
      start = at + 1;
    }
  }
  if (start <= query.length && quote !== '') segments.push(' '.repeat(start) + query.slice(start));
  return segments;
}

function sourceOf(head: string): { source: SourceName; filter: string } {
  if (head.trim() === '' || head.trim() === '*') return { source: 'events', filter: '' };
  const [first, second] = tokensOf(head);
  if (first?.type !== 'word' || first.value.toLowerCase() !== 'from') {
    return { source: 'events', filter: head };
  }
  const source = sources.find(name => name === second?.value.toLowerCase());
  if (second === undefined || source === undefined) {
    throw wrong(second ?? first, `one of ${sources.join(', ')}`, `${sources.join('、')} 之一`);
  }
  const end = second.column - 1 + second.value.length;
  const filter = ' '.repeat(end) + head.slice(end);
  return { source, filter: filter.trim() === '*' || filter.trim() === '' ? '' : filter };
}

/** The attributes that a filter names, in its order. Values are never attributes: the parser has seen to that. */
function pathsOf(filter: string): PlacedPath[] {
  const { expression } = compileWhere(filter, 0);
  const tokens = tokensOf(filter);
  let from = 0;
  return testedPaths(expression).map(path => {
    const name = path === 'metadata.event_code' ? ['kind', path] : [path];
    const at = tokens.findIndex((token, index) => index >= from && name.includes(token.value));
    from = at + 1;
    return { path, place: tokens[at]?.column ?? 1 };
  });
}

function testedPaths(expression: Expression): string[] {
  if (expression.type === 'test') return [expression.path];
  if (expression.type === 'not') return testedPaths(expression.part);
  return expression.parts.flatMap(testedPaths);
}

function stageOf(segment: string, now: number): Stage {
  const tokens = tokensOf(segment);
  const [first] = tokens;
  const name = first?.type === 'word' ? first.value.toLowerCase() : '';
  if (first !== undefined && name === 'where') {
    const end = first.column - 1 + first.value.length;
    const filter = ' '.repeat(end) + segment.slice(end);
    return { type: 'where', expression: compileWhere(filter, now).expression, paths: pathsOf(filter) };
  }
  return new StageParser(tokens).parse();
}

/** Parses the tokens of any stage but `where`. */
class StageParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Stage {
    const stage = this.#stage();
    if (this.#next.type !== 'end') throw wrong(this.#next, '"|" or the end', '“|”或结尾');
    return stage;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { type: 'end', value: '', column: 1 };
  }

  #stage(): Stage {
    const word = this.#next;
    const name = word.type === 'word' ? word.value.toLowerCase() : '';
    if (measureNames.some(one => one === name)) {
      const measures = this.#list(() => this.#measure());
      return { type: 'aggregate', measures, by: this.#by() };
    }
    this.#at += 1;
    switch (name) {
      case 'fields':
      case 'distinct':
        return { type: name, terms: this.#list(() => this.#term()) };
      case 'first':
      case 'last':
        return { type: name, by: this.#by() };
      case 'sort':
        return { type: name, keys: this.#list(() => this.#key()) };
      case 'limit':
        return { type: name, count: this.#count() };
      default:
        throw wrong(word, `a stage (${stageNames})`, `一个阶段（${stageNames}）`);
    }
  }

  #list<T>(one: () => T): T[] {
    const items = [one()];
    while (this.#takeSymbol(',')) items.push(one());
    if (items.length > termLimit) {
      throw new WhereError(this.#next.column, `more than ${termLimit} columns`, `超过 ${termLimit} 列`);
    }
    return items;
  }

  #by(): Term[] {
    return this.#takeWord('by') ? this.#list(() => this.#term()) : [];
  }

  #term(): Term {
    const { path, place } = this.#path();
    let bucket: number | undefined;
    if (this.#takeSymbol('(')) {
      bucket = this.#span();
      if (!this.#takeSymbol(')')) throw wrong(this.#next, '")"', '“)”');
    }
    return { path, bucket, name: this.#name() ?? path, place };
  }

  #measure(): Measure {
    const word = this.#next;
    const measure = measureNames.find(one => one === word.value.toLowerCase()) as MeasureName | undefined;
    if (measure === undefined || word.type !== 'word') {
      throw wrong(word, `one of ${measureNames.join(', ')}`, `${measureNames.join('、')} 之一`);
    }
    this.#at += 1;
    const path = measure === 'count' ? undefined : this.#path().path;
    const place = this.#tokens[this.#at - 1]?.column ?? word.column;
    return { measure, path, name: this.#name() ?? measure, place };
  }

  #key(): SortKey {
    const { value } = this.#next;
    const descending = value.startsWith('-');
    const { path, place } = this.#path(descending ? value.slice(1) : value);
    return { path, descending, place };
  }

  #path(text = this.#next.value): PlacedPath {
    const token = this.#next;
    if (token.type !== 'word' || !pathPattern.test(text)) {
      throw wrong(token, 'a column such as file.path', '列名，例如 file.path');
    }
    this.#at += 1;
    return { path: text === 'metadata.event_code' ? 'kind' : text, place: token.column };
  }

  #name(): string | undefined {
    if (!this.#takeWord('as')) return undefined;
    const { type, value } = this.#next;
    if (type !== 'word' || !namePattern.test(value)) {
      throw wrong(this.#next, 'a name of letters, digits and _', '由字母、数字和 _ 组成的名称');
    }
    this.#at += 1;
    return value;
  }

  #span(): number {
    const [, amount, unit] = spanPattern.exec(this.#next.value) ?? [];
    const span = Number(amount) * (unitMilliseconds[unit ?? ''] ?? 0);
    if (!(span > 0)) throw wrong(this.#next, 'a span such as 5m', '时间跨度，例如 5m');
    this.#at += 1;
    return span;
  }

  #count(): number {
    const { value } = this.#next;
    if (!/^[1-9]\d{0,8}$/.test(value)) throw wrong(this.#next, 'a number of rows', '行数');
    this.#at += 1;
    return Number(value);
  }

  #takeWord(word: string): boolean {
    if (this.#next.type !== 'word' || this.#next.value.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #takeSymbol(symbol: string): boolean {
    if (this.#next.type !== 'symbol' || this.#next.value !== symbol) return false;
    this.#at += 1;
    return true;
  }
}

function wrong({ type, value, column }: Token, en: string, zh: string): WhereError {
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  const found = type === 'end' ? 'the stage ends' : `there is "${shown}"`;
  const foundZh = type === 'end' ? '该阶段已结束' : `实际为“${shown}”`;
  return new WhereError(column, `expected ${en}, but ${found}`, `此处应为${zh}，但${foundZh}`);
}
