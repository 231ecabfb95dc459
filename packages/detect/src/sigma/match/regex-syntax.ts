/**
 * A reader for the part of RE2's syntax on which RE2 and JavaScript can be made to agree exactly. What lies
 * outside of it is left to RE2 alone.
 */

/** A regular expression as a tree. */
export type RegexNode =
  | { readonly type: 'char'; readonly char: string }
  | { readonly type: 'set'; readonly source: string }
  | { readonly type: 'assertion'; readonly source: string; readonly start: boolean }
  | { readonly type: 'sequence'; readonly nodes: readonly RegexNode[] }
  | { readonly type: 'choice'; readonly nodes: readonly RegexNode[] }
  | {
      readonly type: 'repeat';
      readonly node: RegexNode;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    };

/** A pattern that both engines read alike. */
export interface ReadRegex {
  readonly root: RegexNode;
  /** JavaScript flags. */
  readonly flags: string;
  readonly insensitive: boolean;
}

const classes: Readonly<Record<string, string>> = { d: '0-9', w: '0-9A-Za-z_', s: '\\t\\n\\f\\r ' };
const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v', a: '\x07' };

/** Signals that the pattern is outside of the common part. */
class Outside extends Error {}

/**
 * Reads a pattern.
 * @param flags any of i, m, s
 * @returns undefined when the pattern is outside of the part that both engines read alike
 */
export function readRegex(source: string, flags: string): ReadRegex | undefined {
  const inline = /^\(\?([ims]+)\)/.exec(source);
  const all = flags + (inline?.[1] ?? '');
  const reader = new Reader(source.slice(inline?.[0].length ?? 0), all);
  try {
    const root = reader.read();
    return { root, flags: all.includes('i') ? 'iu' : 'u', insensitive: all.includes('i') };
  } catch (error) {
    if (error instanceof Outside) return undefined;
    throw error;
  }
}

/** A character as JavaScript source that means itself under the flag u, inside and outside of sets. */
function escaped(char: string): string {
  return /[\^$\\.*+?()[\]{}|/-]/.test(char) ? `\\u{${char.charCodeAt(0).toString(16)}}` : char;
}

class Reader {
  readonly #source: string;
  readonly #multiline: boolean;
  readonly #dot: string;
  #at = 0;
  #depth = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#multiline = flags.includes('m');
    this.#dot = flags.includes('s') ? '[^]' : '[^\\n]';
  }

  read(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw new Outside();
    return node;
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #choice(): RegexNode {
    if (++this.#depth > 50) throw new Outside();
    const nodes = [this.#sequence()];
    while (this.#peek() === '|') {
      this.#at++;
      nodes.push(this.#sequence());
    }
    this.#depth--;
    const [first] = nodes;
    return nodes.length === 1 && first !== undefined ? first : { type: 'choice', nodes };
  }

  #sequence(): RegexNode {
    const nodes: RegexNode[] = [];
    while (this.#at < this.#source.length && this.#peek() !== '|' && this.#peek() !== ')') {
      nodes.push(this.#repeated(this.#atom()));
    }
    return { type: 'sequence', nodes };
  }

  #repeated(node: RegexNode): RegexNode {
    const rest = this.#source.slice(this.#at, this.#at + 16);
    const match = /^(?:([*+?])|\{(\d{1,4})(,(\d{1,4})?)?\})(\?)?/.exec(rest);
    if (match === null) {
      // RE2 takes "{" that begins no count as itself; JavaScript does not.
      if (this.#peek() === '{') throw new Outside();
      return node;
    }
    if (node.type === 'assertion') throw new Outside();
    this.#at += match[0].length;
    if (/^[*+?{]/.test(this.#peek())) throw new Outside();
    const [, symbol, least, comma, most, lazy] = match;
    const from = symbol === undefined ? Number(least) : symbol === '+' ? 1 : 0;
    let to = symbol === '?' ? 1 : Number.POSITIVE_INFINITY;
    if (symbol === undefined) to = comma === undefined ? from : most === undefined ? to : Number(most);
    if (to < from) throw new Outside();
    return { type: 'repeat', node, least: from, most: to, lazy: lazy !== undefined };
  }

  #atom(): RegexNode {
    const char = this.#peek();
    if (char === '(') return this.#group();
    if (char === '[') return this.#set();
    if (char === '\\') return this.#escape();
    this.#at++;
    if (char === '.') return { type: 'set', source: this.#dot };
    if (char === '^' || char === '$') {
      if (this.#multiline) throw new Outside();
      return { type: 'assertion', source: char, start: char === '^' };
    }
    if ('*+?{'.includes(char) || char >= '\ud800') throw new Outside();
    return { type: 'char', char };
  }

  #group(): RegexNode {
    this.#at++;
    if (this.#peek() === '?') {
      if (!this.#source.startsWith('?:', this.#at)) throw new Outside();
      this.#at += 2;
    }
    const node = this.#choice();
    if (this.#peek() !== ')') throw new Outside();
    this.#at++;
    return node;
  }

  #escape(): RegexNode {
    const letter = this.#source.charAt(this.#at + 1);
    this.#at += 2;
    const set = classes[letter.toLowerCase()];
    if (set !== undefined)
      return { type: 'set', source: letter === letter.toLowerCase() ? `[${set}]` : `[^${set}]` };
    if (letter === 'A') return { type: 'assertion', source: '^', start: true };
    if (letter === 'z') return { type: 'assertion', source: '$', start: false };
    return { type: 'char', char: this.#escapedChar(letter) };
  }

  /** The character that an escape of one letter means. */
  #escapedChar(letter: string): string {
    const control = controls[letter];
    if (control !== undefined) return control;
    if (letter === 'x') {
      const hex = /^[0-9a-fA-F]{2}/.exec(this.#source.slice(this.#at, this.#at + 2));
      if (hex === null) throw new Outside();
      this.#at += 2;
      return String.fromCharCode(Number.parseInt(hex[0], 16));
    }
    if (letter === '' || /[0-9A-Za-z_]/.test(letter) || letter >= '\x7f') throw new Outside();
    return letter;
  }

  #set(): RegexNode {
    this.#at++;
    let source = '[';
    if (this.#peek() === '^') {
      source += '^';
      this.#at++;
    }
    if (this.#peek() === ']') throw new Outside();
    while (this.#peek() !== ']') {
      if (this.#at >= this.#source.length) throw new Outside();
      const from = this.#member();
      if (from.length > 1 && from.startsWith('class:')) {
        source += from.slice(6);
        if (this.#peek() === '-' && this.#source.charAt(this.#at + 1) !== ']') throw new Outside();
        continue;
      }
      source += escaped(from);
      if (this.#peek() === '-' && this.#source.charAt(this.#at + 1) !== ']') {
        this.#at++;
        const to = this.#member();
        if (to.length !== 1 || to < from) throw new Outside();
        source += `-${escaped(to)}`;
      }
    }
    this.#at++;
    return { type: 'set', source: `${source}]` };
  }

  /** One character of a set, or `class:` with the ranges of a class. */
  #member(): string {
    const char = this.#peek();
    if (char === '[' || char >= '\ud800') throw new Outside();
    this.#at++;
    if (char !== '\\') return char;
    const letter = this.#peek();
    this.#at++;
    const set = classes[letter];
    if (set !== undefined) return `class:${set}`;
    return this.#escapedChar(letter);
  }
}

/** The tree as JavaScript source for the flag u. */
export function nativeSource(node: RegexNode): string {
  switch (node.type) {
    case 'char':
      return escaped(node.char);
    case 'set':
    case 'assertion':
      return node.source;
    case 'sequence':
      return node.nodes.map(nativeSource).join('');
    case 'choice':
      return `(?:${node.nodes.map(nativeSource).join('|')})`;
    case 'repeat': {
      const most = Number.isFinite(node.most) ? String(node.most) : '';
      return `(?:${nativeSource(node.node)}){${node.least},${most}}${node.lazy ? '?' : ''}`;
    }
  }
}
