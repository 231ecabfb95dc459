/**
 * Conditions: `or`, `and`, `not`, `1 of …`, `all of …` and brackets, from least to most binding
 * (Sigma rules specification, "Condition").
 */
import type { Expression, Place } from '../ast.ts';
import { RuleError } from '../problem.ts';

/** How deep brackets and `not` may nest. */
const depthLimit = 100;
/** How many words a condition may have. */
const tokenLimit = 10_000;

/**
 * Reads a condition and puts the selections in.
 * @param selections by name
 * @param used collects the names that the condition refers to
 */
export function parseCondition(
  text: string,
  selections: ReadonlyMap<string, Expression>,
  place: Place,
  used: Set<string> = new Set(),
): Expression {
  const parser = new ConditionParser(tokenize(text, place), selections, place, used);
  return parser.parse();
}

function tokenize(text: string, place: Place): readonly string[] {
  const tokens: readonly string[] = text.match(/[()|]|[^\s()|]+/g) ?? [];
  if (tokens.length === 0) throw new RuleError('the condition is empty', place);
  if (tokens.length > tokenLimit)
    throw new RuleError(`the condition has more than ${tokenLimit} words`, place);
  if (tokens.includes('|')) {
    throw new RuleError(
      'the condition has an aggregation ("|"), which Sigma 2 replaced by correlation rules',
      place,
    );
  }
  return tokens;
}

class ConditionParser {
  readonly #tokens: readonly string[];
  readonly #selections: ReadonlyMap<string, Expression>;
  readonly #place: Place;
  readonly #used: Set<string>;
  #next = 0;
  #depth = 0;

  constructor(
    tokens: readonly string[],
    selections: ReadonlyMap<string, Expression>,
    place: Place,
    used: Set<string>,
  ) {
    this.#tokens = tokens;
    this.#selections = selections;
    this.#place = place;
    this.#used = used;
  }

  parse(): Expression {
    const expression = this.#or();
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) throw this.#error(`unexpected "${rest}" in the condition`);
    return expression;
  }

  #or(): Expression {
    return this.#chain('or', () => this.#and());
  }

  #and(): Expression {
    return this.#chain('and', () => this.#not());
  }

  #chain(type: 'and' | 'or', operand: () => Expression): Expression {
    const first = operand();
    const operands = [first];
    while (this.#take(type)) operands.push(operand());
    return operands.length === 1 ? first : { type, operands };
  }

  #not(): Expression {
    if (!this.#take('not')) return this.#term();
    return this.#nested(() => ({ type: 'not', operand: this.#not() }));
  }

  #term(): Expression {
    if (this.#take('(')) {
      const inner = this.#nested(() => this.#or());
      if (!this.#take(')')) throw this.#error('the condition lacks a closing bracket');
      return inner;
    }
    const word = this.#tokens[this.#next];
    if (word === undefined) throw this.#error('the condition ends too early');
    this.#next++;
    const quantifier = word.toLowerCase();
    if (this.#peek() === 'of') {
      if (!['1', 'any', 'all'].includes(quantifier)) {
        throw this.#error(`"${word} of" is not Sigma; only "1 of" and "all of" are`);
      }
      this.#next++;
      return this.#quantified(quantifier === 'all' ? 'and' : 'or');
    }
    if (['and', 'or', 'not', 'of', ')'].includes(quantifier))
      throw this.#error(`unexpected "${word}" in the condition`);
    const selection = this.#selections.get(word);
    if (selection === undefined) throw this.#error(`the condition names "${word}", which is not defined`);
    this.#used.add(word);
    return selection;
  }

  #quantified(type: 'and' | 'or'): Expression {
    const pattern = this.#tokens[this.#next++];
    if (pattern === undefined || '()'.includes(pattern)) throw this.#error('the condition ends after "of"');
    const them = pattern.toLowerCase() === 'them';
    const names = [...this.#selections.keys()].filter(name => {
      if (name.startsWith('_') && (them || !pattern.startsWith('_'))) return false;
      return them || matchesPattern(name, pattern);
    });
    if (names.length === 0) throw this.#error(`no search identifier fits "${pattern}" of the condition`);
    const operands = names.flatMap(name => {
      this.#used.add(name);
      return this.#selections.get(name) ?? [];
    });
    const [first] = operands;
    return operands.length === 1 && first !== undefined ? first : { type, operands };
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > depthLimit) throw this.#error(`the condition nests deeper than ${depthLimit}`);
    const result = read();
    this.#depth--;
    return result;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]?.toLowerCase();
  }

  #take(word: string): boolean {
    if (this.#peek() !== word) return false;
    this.#next++;
    return true;
  }

  #error(reason: string): RuleError {
    return new RuleError(reason, this.#place);
  }
}

/** `*` stands for any number of characters, anywhere in the pattern. */
function matchesPattern(name: string, pattern: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces.shift() ?? '';
  const last = pieces.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - at >= last.length && name.endsWith(last);
}
