/**
 * The plain evaluator: Sigma as the specification reads, one rule at a time, without any index or cache. It is
 * what the compiled engine is held against.
 */
import type { Expression, Item, Test, TextPlace } from '../ast.ts';
import { type EventReader, everyValue, type FieldResolver } from '../event.ts';
import { fold } from '../match/fold.ts';
import { matchesGlob } from '../match/glob.ts';
import { inNetwork, parseAddress } from '../match/network.ts';
import { linearRegex } from '../match/regex.ts';
import { compares, datePartOf, elementsOf, numberOf, type Scalar, textOf } from '../match/values.ts';

/** Whether the event is what the expression asks for. */
export function evaluate(expression: Expression, event: EventReader, resolve: FieldResolver): boolean {
  switch (expression.type) {
    case 'and':
      return expression.operands.every(operand => evaluate(operand, event, resolve));
    case 'or':
      return expression.operands.some(operand => evaluate(operand, event, resolve));
    case 'not':
      return !evaluate(expression.operand, event, resolve);
    case 'item':
      return evaluateItem(expression.item, event, resolve);
  }
}

function evaluateItem(item: Item, event: EventReader, resolve: FieldResolver): boolean {
  const passes = (tests: readonly Test[]): boolean =>
    tests.some(test => evaluateTest(test, item.field, event, resolve));
  const matched = item.linking === 'all' ? item.alternatives.every(passes) : item.alternatives.some(passes);
  return matched !== item.negated;
}

function evaluateTest(
  test: Test,
  field: string | undefined,
  event: EventReader,
  resolve: FieldResolver,
): boolean {
  if (field === undefined) return everyValue(event).some(value => testValue(test, value));
  const value = resolve(field).read(event);
  if (test.type === 'exists') return (value !== undefined) === test.expected;
  if (test.type === 'null') return value === undefined || elementsOf(value).includes(null);
  if (test.type === 'field_reference') {
    const others = elementsOf(resolve(test.field).read(event));
    return elementsOf(value).some(left =>
      others.some(right => refersTo(left, right, test.place, test.cased)),
    );
  }
  return elementsOf(value).some(element => testValue(test, element));
}

function testValue(test: Test, value: Scalar): boolean {
  const text = textOf(value);
  switch (test.type) {
    case 'glob': {
      if (text === undefined) return false;
      if (test.cased) return matchesGlob(text, test.glob);
      return matchesGlob(
        fold(text),
        test.glob.map(piece => (typeof piece === 'string' ? fold(piece) : piece)),
      );
    }
    case 'regex':
      return text !== undefined && linearRegex(test.source, test.flags)(text);
    case 'cidr': {
      const address = text === undefined ? undefined : parseAddress(text);
      return address !== undefined && inNetwork(address, test.network);
    }
    case 'compare': {
      const number = numberOf(value);
      return number !== undefined && compares(number, test.operator, test.operand);
    }
    case 'date_part': {
      const number = datePartOf(value, test.part);
      return number !== undefined && compares(number, test.operator, test.operand);
    }
    default:
      return false;
  }
}

/** Whether `left` equals, begins with, ends with or contains `right`. Null refers to nothing. */
export function refersTo(left: Scalar, right: Scalar, place: TextPlace, cased: boolean): boolean {
  let [a, b] = [textOf(left), textOf(right)];
  if (a === undefined || b === undefined) return false;
  if (!cased) [a, b] = [fold(a), fold(b)];
  switch (place) {
    case 'whole':
      return a === b;
    case 'start':
      return a.startsWith(b);
    case 'end':
      return a.endsWith(b);
    case 'anywhere':
      return a.includes(b);
  }
}
