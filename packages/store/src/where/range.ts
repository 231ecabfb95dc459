/** What a filter says about the size of a number. */
import type { Expression, Test } from './expression.ts';

/** Bounds, both included. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const everything: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/**
 * Bounds of the attribute at `path` for which the expression (or, with `negated`, its opposite) can hold.
 * They may be wider than need be, never narrower. An attribute at `path` must hold one number at most.
 */
export function rangeOf(expression: Expression, path: string, negated: boolean): Range {
  if (expression.type === 'not') return rangeOf(expression.part, path, !negated);
  if (expression.type === 'test')
    return expression.path === path ? testRange(expression, negated) : everything;
  const ranges = expression.parts.map(part => rangeOf(part, path, negated));
  const all = (expression.type === 'and') !== negated;
  const lows = ranges.map(range => range.low);
  const highs = ranges.map(range => range.high);
  return all
    ? { low: Math.max(...lows), high: Math.min(...highs) }
    : { low: Math.min(...lows), high: Math.max(...highs) };
}

function testRange({ operator, values }: Test, negated: boolean): Range {
  const numbers = values.filter(value => typeof value === 'number');
  const [first] = numbers;
  if (first === undefined || numbers.length < values.length) return everything;
  const above = { low: first, high: Number.POSITIVE_INFINITY };
  const below = { low: Number.NEGATIVE_INFINITY, high: first };
  switch (operator) {
    case '=':
    case 'in':
      return negated ? everything : { low: Math.min(...numbers), high: Math.max(...numbers) };
    case '!=':
      return negated ? { low: first, high: first } : everything;
    case '>':
    case '>=':
      return negated ? below : above;
    case '<':
    case '<=':
      return negated ? above : below;
    default:
      return everything;
  }
}
