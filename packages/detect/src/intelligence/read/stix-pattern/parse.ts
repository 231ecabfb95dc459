/** The STIX pattern language (STIX 2.1, part 9), as a tree. */
import { PatternError, type Token, tokensOf } from './tokens.ts';

export type Operator =
  | '='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | 'IN'
  | 'LIKE'
  | 'MATCHES'
  | 'ISSUBSET'
  | 'ISSUPERSET'
  | 'EXISTS';

/** `file:hashes.'SHA-256' = '…'` and the like. */
export interface Comparison {
  readonly type: 'comparison';
  /** `file` … */
  readonly object: string;
  /** Steps of the path; `[*]` and numbers in brackets are left out. */
  readonly path: readonly string[];
  readonly negated: boolean;
  readonly operator: Operator;
  readonly values: readonly string[];
}

export type Condition = Comparison | { readonly type: 'and' | 'or'; readonly operands: readonly Condition[] };

/** `WITHIN 5 SECONDS`, `REPEATS 3 TIMES`, `START t'…' STOP t'…'`. */
export interface Qualifier {
  readonly name: 'WITHIN' | 'REPEATS' | 'START';
  readonly values: readonly string[];
}

export type Observation =
  | { readonly type: 'observation'; readonly condition: Condition; readonly qualifiers: readonly Qualifier[] }
  | {
      readonly type: 'AND' | 'OR' | 'FOLLOWEDBY';
      readonly operands: readonly Observation[];
      readonly qualifiers: readonly Qualifier[];
    };

const deepest = 64;
const signs = new Set(['=', '!=', '<', '>', '<=', '>=']);
const wordOperators = new Set(['IN', 'LIKE', 'MATCHES', 'ISSUBSET', 'ISSUPERSET']);

/** @throws PatternError where the text is no pattern */
export function parsePattern(pattern: string): Observation {
  const parser = new Parser(tokensOf(pattern));
  return parser.pattern();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  pattern(): Observation {
    const result = this.#observations('FOLLOWEDBY');
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) throw new PatternError(`"${rest.text}" after the pattern's end`, rest.at);
    return result;
  }

  /** FOLLOWEDBY binds loosest, then OR, then AND. */
  #observations(joint: 'FOLLOWEDBY' | 'OR' | 'AND'): Observation {
    const inner = (): Observation =>
      joint === 'FOLLOWEDBY'
        ? this.#observations('OR')
        : joint === 'OR'
          ? this.#observations('AND')
          : this.#observation();
    const operands = [inner()];
    while (this.#takes(joint)) operands.push(inner());
    const [only] = operands;
    return operands.length === 1 && only !== undefined ? only : { type: joint, operands, qualifiers: [] };
  }

  #observation(): Observation {
    if (this.#takes('(')) {
      const inside = this.#nested(() => this.#observations('FOLLOWEDBY'));
      this.#expect(')');
      return { ...inside, qualifiers: [...inside.qualifiers, ...this.#qualifiers()] };
    }
    this.#expect('[');
    const condition = this.#nested(() => this.#conditions('or'));
    this.#expect(']');
    return { type: 'observation', condition, qualifiers: this.#qualifiers() };
  }

  #qualifiers(): Qualifier[] {
    const qualifiers: Qualifier[] = [];
    for (;;) {
      if (this.#takes('WITHIN')) {
        qualifiers.push({ name: 'WITHIN', values: [this.#take('number', 'a number of seconds')] });
        this.#expect('SECONDS');
      } else if (this.#takes('REPEATS')) {
        qualifiers.push({ name: 'REPEATS', values: [this.#take('number', 'a number of times')] });
        this.#expect('TIMES');
      } else if (this.#takes('START')) {
        const start = this.#take('time', 'a time');
        this.#expect('STOP');
        qualifiers.push({ name: 'START', values: [start, this.#take('time', 'a time')] });
      } else return qualifiers;
    }
  }

  #conditions(joint: 'or' | 'and'): Condition {
    const inner = (): Condition => (joint === 'or' ? this.#conditions('and') : this.#condition());
    const operands = [inner()];
    while (this.#takes(joint.toUpperCase())) operands.push(inner());
    const [only] = operands;
    return operands.length === 1 && only !== undefined ? only : { type: joint, operands };
  }

  #condition(): Condition {
    if (this.#takes('(')) {
      const inside = this.#nested(() => this.#conditions('or'));
      this.#expect(')');
      return inside;
    }
    if (this.#takes('EXISTS')) {
      const [object, path] = this.#path();
      return { type: 'comparison', object, path, negated: false, operator: 'EXISTS', values: [] };
    }
    const [object, path] = this.#path();
    const negated = this.#takes('NOT');
    const operator = this.#operator();
    const values = operator === 'IN' ? this.#list() : [this.#value()];
    return { type: 'comparison', object, path, negated, operator, values };
  }

  #path(): [object: string, path: string[]] {
    const object = this.#take('word', 'an object type');
    this.#expect(':');
    const path = [this.#step()];
    for (;;) {
      if (this.#takes('.')) path.push(this.#step());
      else if (this.#takes('[')) {
        if (!this.#takes('*')) this.#take('number', 'an index');
        this.#expect(']');
      } else return [object, path];
    }
  }

  #step(): string {
    const token = this.#tokens[this.#next];
    if (token?.type !== 'word' && token?.type !== 'text') throw this.#unexpected('a property');
    this.#next++;
    return token.text;
  }

  #operator(): Operator {
    const token = this.#tokens[this.#next];
    const text = token?.type === 'sign' ? token.text : (token?.text.toUpperCase() ?? '');
    const plain = text === '==' ? '=' : text === '<>' ? '!=' : text;
    if (!signs.has(plain) && !(token?.type === 'word' && wordOperators.has(plain)))
      throw this.#unexpected('an operator');
    this.#next++;
    return plain as Operator;
  }

  #list(): string[] {
    this.#expect('(');
    const values = [this.#value()];
    while (this.#takes(',')) values.push(this.#value());
    this.#expect(')');
    return values;
  }

  #value(): string {
    const token = this.#tokens[this.#next];
    const isBoolean = token?.type === 'word' && /^(?:true|false)$/i.test(token.text);
    if (token === undefined || token.type === 'sign' || (token.type === 'word' && !isBoolean))
      throw this.#unexpected('a value');
    this.#next++;
    return token.text;
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > deepest) throw new PatternError(`nested more than ${deepest} deep`);
    const result = read();
    this.#depth--;
    return result;
  }

  /** Takes a sign or keyword if it comes next. */
  #takes(text: string): boolean {
    const token = this.#tokens[this.#next];
    const isIt =
      token !== undefined && (token.type === 'sign' || token.type === 'word') && token.text === text;
    if (isIt) this.#next++;
    return isIt;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw this.#unexpected(`"${text}"`);
  }

  #take(type: Token['type'], what: string): string {
    const token = this.#tokens[this.#next];
    if (token?.type !== type) throw this.#unexpected(what);
    this.#next++;
    return token.text;
  }

  #unexpected(wanted: string): PatternError {
    const token = this.#tokens[this.#next];
    return token === undefined
      ? new PatternError(`the pattern ends where ${wanted} should stand`)
      : new PatternError(`"${token.text}" where ${wanted} should stand`, token.at);
  }
}
