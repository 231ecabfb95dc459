/** Parsing a filter: recursive descent, bounded in depth. */
import { RE2JS } from 're2js';
import { type Expression, type Literal, type Operator, operators, WhereError } from './expression.ts';
import { comparesTime, timeOf } from './time.ts';
import { type Token, tokensOf } from './tokens.ts';

const maxDepth = 100;
const pathPattern = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*)*$/;
const numberPattern = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const reserved = new Set<string>(['and', 'or', 'not', 'in', 'exists', 'contains', 'startswith', 'endswith']);
const constants = new Map<string, Literal>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/**
 * Parses a filter; the language is described in expression.ts.
 * @throws WhereError with the column of what is wrong
 */
export function parseWhere(text: string): Expression {
  return new Parser(tokensOf(text)).parse();
}

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const expression = this.#junction('or');
    if (this.#next.type !== 'end') {
      throw this.#expected('"and", "or" or the end', '“and”、“or”或结尾');
    }
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { type: 'end', value: '', column: 1 };
  }

  #junction(type: 'and' | 'or'): Expression {
    const part = () => (type === 'or' ? this.#junction('and') : this.#negation());
    const first = part();
    const parts = [first];
    while (this.#takeWord(type)) parts.push(part());
    return parts.length === 1 ? first : { type, parts };
  }

  #negation(): Expression {
    this.#depth += 1;
    if (this.#depth > maxDepth) {
      throw new WhereError(this.#next.column, `nested deeper than ${maxDepth}`, `嵌套超过 ${maxDepth} 层`);
    }
    const expression = this.#takeWord('not')
      ? ({ type: 'not', part: this.#negation() } as const)
      : this.#primary();
    this.#depth -= 1;
    return expression;
  }

  #primary(): Expression {
    if (!this.#takeSymbol('(')) return this.#test();
    const inner = this.#junction('or');
    if (!this.#takeSymbol(')')) throw this.#expected('")"', '“)”');
    return inner;
  }

  #test(): Expression {
    const { type, value: path } = this.#next;
    if (type !== 'word' || reserved.has(path.toLowerCase()) || !pathPattern.test(path)) {
      throw this.#expected('an attribute such as file.path', '属性名,例如 file.path');
    }
    this.#at += 1;
    const operator = this.#operator();
    if (operator === 'exists') return { type: 'test', path, operator, values: [] };
    if (operator === 'in') return { type: 'test', path, operator, values: this.#list(path, operator) };
    return { type: 'test', path, operator, values: [this.#value(path, operator)] };
  }

  #operator(): Operator {
    const { type, value } = this.#next;
    const operator = operators.find(name => name === value.toLowerCase());
    if (operator === undefined || type === 'text') {
      throw this.#expected(`an operator (${operators.join(' ')})`, `运算符(${operators.join(' ')})`);
    }
    this.#at += 1;
    return operator;
  }

  #list(path: string, operator: Operator): Literal[] {
    if (!this.#takeSymbol('(')) throw this.#expected('"(" and a list after "in"', '“in”之后的“(”和列表');
    const values = [this.#value(path, operator)];
    while (this.#takeSymbol(',')) values.push(this.#value(path, operator));
    if (!this.#takeSymbol(')')) throw this.#expected('"," or ")"', '“,”或“)”');
    return values;
  }

  #value(path: string, operator: Operator): Literal {
    const { column } = this.#next;
    const value = this.#literal();
    checkValue(operator, value, column);
    if (comparesTime(path, operator) && timeOf(value, 0) === undefined) {
      throw new WhereError(
        column,
        `"${value}" is neither a date nor a time ago (-10m)`,
        `“${value}”既不是日期,也不是“多久以前”(-10m)`,
      );
    }
    return value;
  }

  #literal(): Literal {
    const { type, value } = this.#next;
    if (type !== 'text' && type !== 'word') throw this.#expected('a value', '一个值');
    if (type === 'word' && reserved.has(value.toLowerCase())) {
      throw this.#expected(`a value ("${value}" must be quoted)`, `一个值(“${value}”须加引号)`);
    }
    this.#at += 1;
    if (type === 'text') return value;
    const constant = constants.get(value.toLowerCase());
    if (constant !== undefined) return constant;
    const number = numberPattern.test(value) ? Number(value) : Number.NaN;
    return Number.isFinite(number) ? number : value;
  }

  #takeWord(word: string): boolean {
    const { type, value } = this.#next;
    if (type !== 'word' || value.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #takeSymbol(symbol: string): boolean {
    const { type, value } = this.#next;
    if (type !== 'symbol' || value !== symbol) return false;
    this.#at += 1;
    return true;
  }

  #expected(en: string, zh: string): WhereError {
    const { type, value, column } = this.#next;
    const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
    const found = type === 'end' ? 'the filter ends' : `there is "${shown}"`;
    const foundZh = type === 'end' ? '过滤条件已结束' : `实际为“${shown}”`;
    return new WhereError(column, `expected ${en}, but ${found}`, `此处应为${zh},但${foundZh}`);
  }
}

function checkValue(operator: Operator, value: Literal, column: number): void {
  const textual = operator === 'contains' || operator === 'startswith' || operator === 'endswith';
  const equality = operator === '=' || operator === '!=' || operator === 'in';
  if (value === null && !equality) {
    throw new WhereError(column, `null cannot stand after "${operator}"`, `“${operator}”之后不能是 null`);
  }
  if (typeof value === 'boolean' && !equality && !textual && operator !== '~') {
    throw new WhereError(column, `"${operator}" needs a number or a text`, `“${operator}”需要数字或文本`);
  }
  if (operator === '~') compileRegex(String(value), column);
}

/** Compiles a regular expression that no text can slow down; `column` is where it stands. */
export function compileRegex(pattern: string, column: number): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WhereError(column, `not a regular expression: ${reason}`, `正则表达式无效:${reason}`);
  }
}
