/**
 * The filter language of `redoubt events --where`:
 *
 *   kind = process.exec and actor.process.user.uid = 0
 *   file.path startswith "/etc/" and not actor.process.name in (dpkg, apt)
 *   dst_endpoint.port >= 1024 or query.hostname ~ '(?i)\.onion$'
 *   time > -10m and actor.process.container exists
 *
 * A test is an OCSF path, an operator and a value; tests are joined by `and`, `or`, `not` and parentheses, of
 * which `not` binds closest and `or` loosest. Words of the language may be written in either case.
 *
 *   =  !=               equal, not equal; `!=` also holds where the attribute is absent
 *   <  <=  >  >=        numbers by size; with a quoted value, texts by code unit
 *   ~                   a regular expression (RE2 syntax) matches somewhere; `(?i)` ignores case
 *   contains startswith endswith
 *                       of texts, case counts
 *   in (a, b, …)        equal to one of them
 *   exists              the attribute is there
 *
 * Values are numbers, `true`, `false`, `null`, texts in '…' or "…" (with \\ \' \" \n \t \r) or bare words. A
 * number also equals a text that reads as this number, since OCSF ids are texts. Where an attribute holds
 * several values one that fits is enough. `kind` is short for `metadata.event_code`. `time` may be compared
 * with milliseconds, with a date (`2026-01-31T12:00:00Z`) or with a time ago (`-30s`, `-10m`, `-2h`, `-7d`).
 */
import type { Bilingual } from '@redoubt/model';

/** Operators, as they are written. */
export const operators = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '~',
  'contains',
  'startswith',
  'endswith',
  'in',
  'exists',
] as const;
export type Operator = (typeof operators)[number];

/** A value that is compared with. */
export type Literal = string | number | boolean | null;

/** One comparison. `exists` has no value, `in` any number, every other operator one. */
export interface Test {
  readonly type: 'test';
  readonly path: string;
  readonly operator: Operator;
  readonly values: readonly Literal[];
}

/** Two or more parts of which all or one must hold. */
export interface Junction {
  readonly type: 'and' | 'or';
  readonly parts: readonly Expression[];
}

export interface Negation {
  readonly type: 'not';
  readonly part: Expression;
}

/** A parsed filter. */
export type Expression = Test | Junction | Negation;

/** What is wrong with a filter, and where. */
export class WhereError extends Error {
  /** Place in the text, counted from 1. */
  readonly column: number;
  readonly text: Bilingual;

  constructor(column: number, en: string, zh: string) {
    super(`column ${column}: ${en}`);
    this.name = 'WhereError';
    this.column = column;
    this.text = { en: `column ${column}: ${en}`, zh: `第 ${column} 列:${zh}` };
  }
}

/** Writes an expression so that `parseWhere` gives it back. */
export function printWhere(expression: Expression): string {
  if (expression.type === 'test') return printTest(expression);
  if (expression.type === 'not') return `not ${printPart(expression.part)}`;
  return expression.parts.map(printPart).join(` ${expression.type} `);
}

function printPart(part: Expression): string {
  return part.type === 'and' || part.type === 'or' ? `(${printWhere(part)})` : printWhere(part);
}

function printTest({ path, operator, values }: Test): string {
  if (operator === 'exists') return `${path} exists`;
  const list = values.map(printLiteral).join(', ');
  return operator === 'in' ? `${path} in (${list})` : `${path} ${operator} ${list}`;
}

const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t', '\r': '\\r' };

function printLiteral(value: Literal): string {
  if (typeof value !== 'string') return String(value);
  return `"${value.replaceAll(/[\\"\n\t\r]/g, found => escapes[found] ?? found)}"`;
}
