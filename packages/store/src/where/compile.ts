/** Turning a parsed filter into a function, and into what it says about kinds, times and sequence numbers. */
import { type EventKind, EventKinds, type FieldValue } from '@redoubt/model';
import type { Expression, Literal, Test } from './expression.ts';
import { compileRegex, parseWhere } from './parse.ts';
import { rangeOf } from './range.ts';
import { comparesTime, timeOf } from './time.ts';

/** What a filter asks of what it judges: an event, or a row that can answer in its place. */
export interface Judged {
  readonly kind: string | undefined;
  readonly time: number;
  get(path: string): FieldValue;
}

/** A filter ready for use; its fields fit those of an EventQuery. */
export interface CompiledWhere {
  readonly expression: Expression;
  /** Whether an event passes. */
  readonly filter: (view: Judged) => boolean;
  /** The only kinds that can pass; undefined when any may. */
  readonly kinds: EventKind[] | undefined;
  /** The only times that can pass, milliseconds since the Unix epoch, both included. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Only greater and only smaller sequence numbers can pass. */
  readonly afterSequence: number | undefined;
  readonly beforeSequence: number | undefined;
}

type Scalar = string | number | boolean | null;
type Matcher = (value: Scalar) => boolean;

const kindPath = 'metadata.event_code';
const everyKind = Object.keys(EventKinds) as EventKind[];

/**
 * Parses and compiles a filter.
 * @param now what "ago" is measured from, milliseconds since the Unix epoch
 * @throws WhereError with the column of what is wrong
 */
export function compileWhere(text: string, now = Date.now()): CompiledWhere {
  const expression = resolved(parseWhere(text), now);
  const kinds = kindsOf(expression, false);
  const time = rangeOf(expression, 'time', false);
  const sequence = rangeOf(expression, 'metadata.sequence', false);
  const finite = (bound: number) => (Number.isFinite(bound) ? bound : undefined);
  return {
    expression,
    filter: predicateOf(expression),
    kinds: kinds === undefined ? undefined : [...kinds],
    from: finite(Math.ceil(time.low)),
    to: finite(Math.floor(time.high)),
    afterSequence: finite(Math.ceil(sequence.low) - 1),
    beforeSequence: finite(Math.floor(sequence.high) + 1),
  };
}

/** The same filter with `kind` written out and dates as milliseconds. */
function resolved(expression: Expression, now: number): Expression {
  if (expression.type === 'not') return { type: 'not', part: resolved(expression.part, now) };
  if (expression.type !== 'test') {
    return { type: expression.type, parts: expression.parts.map(part => resolved(part, now)) };
  }
  if (expression.path === 'kind') return { ...expression, path: kindPath };
  if (!comparesTime(expression.path, expression.operator)) return expression;
  return { ...expression, values: expression.values.map(value => timeOf(value, now) ?? value) };
}

/** The function of an expression. */
export function predicateOf(expression: Expression): (view: Judged) => boolean {
  if (expression.type === 'not') {
    const part = predicateOf(expression.part);
    return view => !part(view);
  }
  if (expression.type === 'test') return testPredicate(expression);
  const parts = expression.parts.map(predicateOf);
  return expression.type === 'and'
    ? view => parts.every(part => part(view))
    : view => parts.some(part => part(view));
}

function testPredicate(test: Test): (view: Judged) => boolean {
  const { path, operator } = test;
  const matches = matcherOf(test);
  const anyMatches = (value: FieldValue) => {
    if (value === undefined) return false;
    return Array.isArray(value) ? value.some(matches) : matches(value as Scalar);
  };
  const negative = operator === '!=';
  if (path === 'time') return view => anyMatches(view.time) !== negative;
  if (path === kindPath) return view => anyMatches(view.kind) !== negative;
  return view => anyMatches(view.get(path)) !== negative;
}

/** How one value is looked at; for `!=` whether it is equal. */
function matcherOf({ operator, values }: Test): Matcher {
  const literal = values[0] ?? null;
  const text = String(literal);
  switch (operator) {
    case '=':
    case '!=':
      return equals(literal);
    case 'in': {
      const tests = values.map(equals);
      return value => tests.some(test => test(value));
    }
    case 'exists':
      return () => true;
    case 'contains':
      return value => String(value).includes(text);
    case 'startswith':
      return value => String(value).startsWith(text);
    case 'endswith':
      return value => String(value).endsWith(text);
    case '~': {
      const regex = compileRegex(text, 1);
      return value => regex.test(String(value));
    }
    default:
      return compares(operator, literal);
  }
}

function equals(literal: Literal): Matcher {
  if (typeof literal === 'number') return value => numberOf(value) === literal;
  if (typeof literal === 'string') return value => value !== null && String(value) === literal;
  return value => value === literal;
}

function compares(operator: '<' | '<=' | '>' | '>=', literal: Literal): Matcher {
  const order: (value: Scalar) => number =
    typeof literal === 'number'
      ? value => numberOf(value) - literal
      : value =>
          typeof value !== 'string'
            ? Number.NaN
            : value < String(literal)
              ? -1
              : Number(value > String(literal));
  switch (operator) {
    case '<':
      return value => order(value) < 0;
    case '<=':
      return value => order(value) <= 0;
    case '>':
      return value => order(value) > 0;
    default:
      return value => order(value) >= 0;
  }
}

/** The number that a value is or reads as, else NaN. */
function numberOf(value: Scalar): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

/** Kinds for which the expression (or, with `negated`, its opposite) can hold; undefined when any. */
function kindsOf(expression: Expression, negated: boolean): Set<EventKind> | undefined {
  if (expression.type === 'not') return kindsOf(expression.part, !negated);
  if (expression.type === 'test') {
    if (expression.path !== kindPath) return undefined;
    const matches = matcherOf(expression);
    const wanted = negated === (expression.operator === '!=');
    return new Set(everyKind.filter(kind => matches(kind) === wanted));
  }
  const sets = expression.parts.map(part => kindsOf(part, negated));
  const all = (expression.type === 'and') !== negated;
  const known = sets.filter(set => set !== undefined);
  if (!all && known.length < sets.length) return undefined;
  const [first, ...others] = known;
  if (first === undefined) return undefined;
  return others.reduce((one, other) => (all ? one.intersection(other) : one.union(other)), first);
}
