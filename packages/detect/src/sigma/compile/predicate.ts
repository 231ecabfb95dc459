/** Expressions become closures over the slots of an event. */
import type { Expression, Glob, Item, Test } from '../ast.ts';
import type { FieldResolver } from '../event.ts';
import { fold } from '../match/fold.ts';
import { matchesRuns } from '../match/glob.ts';
import { inNetwork } from '../match/network.ts';
import { fastRegex } from '../match/regex.ts';
import { compares, datePartOf, numberOf, type Scalar, textOf } from '../match/values.ts';
import { refersTo } from '../reference/evaluate.ts';
import type { EventValues } from './event-values.ts';

export type Predicate = () => boolean;
type TextTest = (text: string) => boolean;

/** Compiles for one matcher: its slots, and the tests that rules share. */
export class PredicateCompiler {
  readonly #values: EventValues;
  readonly #resolve: FieldResolver;
  readonly #regexes = new Map<string, TextTest>();

  constructor(values: EventValues, resolve: FieldResolver) {
    this.#values = values;
    this.#resolve = resolve;
  }

  compile(expression: Expression): Predicate {
    switch (expression.type) {
      case 'and':
        return allOf(byCost(expression.operands).map(operand => this.compile(operand)));
      case 'or':
        return anyOf(byCost(expression.operands).map(operand => this.compile(operand)));
      case 'not': {
        const inner = this.compile(expression.operand);
        return () => !inner();
      }
      case 'item':
        return this.#item(expression.item);
    }
  }

  #item(item: Item): Predicate {
    let matched: Predicate;
    if (item.linking === 'all') {
      matched = allOf(item.alternatives.map(tests => this.#anyTest(item.field, tests)));
    } else matched = this.#anyTest(item.field, item.alternatives.flat());
    return item.negated ? () => !matched() : matched;
  }

  /** Any of the tests on one field; plain texts are looked up together. */
  #anyTest(field: string | undefined, tests: readonly Test[]): Predicate {
    if (field === undefined) return anyOf(tests.map(test => this.#keyword(test)));
    const slot = this.#values.slotOf(this.#resolve(field));
    const texts: TextTest[] = [];
    const exact = new Set<string>();
    const others: Predicate[] = [];
    for (const test of tests) {
      if (test.type !== 'glob' || test.cased) others.push(this.#test(slot, test));
      else if (test.glob.every(piece => typeof piece === 'string')) exact.add(fold(test.glob.join('')));
      else texts.push(globTest(foldGlob(test.glob)));
    }
    const [only] = exact;
    if (exact.size === 1 && only !== undefined) texts.unshift(text => text === only);
    else if (exact.size > 1) texts.unshift(text => exact.has(text));
    if (texts.length > 0) others.unshift(this.#onFolded(slot, anyText(texts)));
    return anyOf(others);
  }

  #onFolded(slot: number, test: TextTest): Predicate {
    const values = this.#values;
    return () => {
      const text = values.folded(slot);
      if (text !== undefined) return test(text);
      const many = values.foldedMany(slot);
      return many.length > 0 && many.some(test);
    };
  }

  #onElements(slot: number, test: (value: Scalar) => boolean): Predicate {
    const values = this.#values;
    return () => values.some(slot, test);
  }

  #test(slot: number, test: Test): Predicate {
    const values = this.#values;
    switch (test.type) {
      case 'exists':
        return () => (values.raw(slot) !== undefined) === test.expected;
      case 'null':
        return () => {
          const value = values.raw(slot);
          return value === undefined || value === null || (Array.isArray(value) && value.includes(null));
        };
      case 'cidr':
        return () => values.addresses(slot).some(words => inNetwork(words, test.network));
      case 'compare':
        return this.#onElements(slot, value => {
          const number = numberOf(value);
          return number !== undefined && compares(number, test.operator, test.operand);
        });
      case 'date_part':
        return this.#onElements(slot, value => {
          const number = datePartOf(value, test.part);
          return number !== undefined && compares(number, test.operator, test.operand);
        });
      case 'field_reference': {
        const other = values.slotOf(this.#resolve(test.field));
        return () =>
          values
            .elements(slot)
            .some(left =>
              values.elements(other).some(right => refersTo(left, right, test.place, test.cased)),
            );
      }
      case 'regex':
      case 'glob': {
        const onText = this.#onRawText(test);
        return this.#onElements(slot, value => {
          const text = textOf(value);
          return text !== undefined && onText(text);
        });
      }
    }
  }

  #keyword(test: Test): Predicate {
    const values = this.#values;
    const onText = this.#onRawText(test);
    return () =>
      values.everything().some(value => {
        const text = textOf(value);
        return text !== undefined && onText(text);
      });
  }

  /** A test of text as the event has it. */
  #onRawText(test: Test): TextTest {
    if (test.type === 'regex') return this.#regex(test.source, test.flags);
    if (test.type !== 'glob') return () => false;
    if (test.cased) return globTest(test.glob);
    const folded = globTest(foldGlob(test.glob));
    return text => folded(fold(text));
  }

  #regex(source: string, flags: string): TextTest {
    const key = `${flags}/${source}`;
    let test = this.#regexes.get(key);
    if (test === undefined) {
      test = fastRegex(source, flags);
      this.#regexes.set(key, test);
    }
    return test;
  }
}

function allOf(predicates: readonly Predicate[]): Predicate {
  const [first, second, third] = predicates;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (third === undefined) return () => first() && second();
  return () => {
    for (const predicate of predicates) if (!predicate()) return false;
    return true;
  };
}

function anyOf(predicates: readonly Predicate[]): Predicate {
  const [first, second, third] = predicates;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (third === undefined) return () => first() || second();
  return () => {
    for (const predicate of predicates) if (predicate()) return true;
    return false;
  };
}

function anyText(tests: readonly TextTest[]): TextTest {
  const [first, second] = tests;
  if (first !== undefined && second === undefined) return first;
  return text => {
    for (const test of tests) if (test(text)) return true;
    return false;
  };
}

/** The glob with its literals folded. */
function foldGlob(glob: Glob): Glob {
  return glob.map(piece => (typeof piece === 'string' ? fold(piece) : piece));
}

/** The quickest test for a glob. */
function globTest(glob: Glob): TextTest {
  const [first, second, third] = glob;
  if (glob.length === 0) return text => text === '';
  if (glob.some(piece => typeof piece !== 'string' && piece.wildcard === 'one')) return runsTest(glob);
  if (glob.length === 1) return typeof first === 'string' ? text => text === first : () => true;
  if (glob.length === 2) {
    if (typeof second === 'string') return text => text.endsWith(second);
    if (typeof first === 'string') return text => text.startsWith(first);
  }
  if (glob.length === 3 && typeof second === 'string') return text => text.includes(second);
  if (glob.length === 3 && typeof first === 'string' && typeof third === 'string') {
    const least = first.length + third.length;
    return text => text.length >= least && text.startsWith(first) && text.endsWith(third);
  }
  return runsTest(glob);
}

function runsTest(glob: Glob): TextTest {
  const runs: Glob[] = [];
  let run: Glob[number][] = [];
  for (const piece of glob) {
    if (typeof piece !== 'string' && piece.wildcard === 'any') {
      runs.push(run);
      run = [];
    } else run.push(piece);
  }
  runs.push(run);
  return text => matchesRuns(text, runs);
}

/** Cheap operands first: the outcome is the same in any order. */
function byCost(operands: readonly Expression[]): readonly Expression[] {
  return operands.toSorted((a, b) => costOf(a) - costOf(b));
}

function costOf(expression: Expression): number {
  if (expression.type === 'not') return costOf(expression.operand);
  if (expression.type !== 'item')
    return expression.operands.reduce((sum, operand) => sum + costOf(operand), 1);
  const { item } = expression;
  if (item.field === undefined) return 1_000;
  return item.alternatives.flat().reduce((sum, test) => sum + (test.type === 'regex' ? 50 : 1), 0);
}
