/** Words of the STIX pattern language (STIX 2.1, part 9, "STIX Patterning"). */

export type Token =
  | { readonly type: 'word'; readonly text: string; readonly at: number }
  | { readonly type: 'text'; readonly text: string; readonly at: number }
  | { readonly type: 'time'; readonly text: string; readonly at: number }
  | { readonly type: 'number'; readonly text: string; readonly at: number }
  | { readonly type: 'sign'; readonly text: string; readonly at: number };

/** A pattern that cannot be understood or cannot be honoured, with the reason. */
export class PatternError extends Error {
  constructor(reason: string, at?: number) {
    super(at === undefined ? reason : `${reason} at character ${at + 1}`);
    this.name = 'PatternError';
  }
}

/** Longest pattern, characters. */
const longestPattern = 65_536;

const word = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const number = /-?\d+(?:\.\d+)?(?![\w-])/y;
const longSigns = new Set(['!=', '<>', '==', '<=', '>=']);
const shortSigns = new Set('=<>()[],:.*');

/** @throws PatternError at what is no word of the language */
export function tokensOf(pattern: string): Token[] {
  if (pattern.length > longestPattern)
    throw new PatternError(`the pattern is longer than ${longestPattern} characters`);
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; ) {
    const first = pattern[at] ?? '';
    const isQuotedNext = pattern[at + 1] === "'";
    if (first === ' ' || first === '\t' || first === '\n' || first === '\r') {
      at++;
    } else if (first === "'") {
      const end = endOfText(pattern, at + 1);
      const text = pattern.slice(at + 1, end);
      tokens.push({
        type: 'text',
        text: text.includes('\\') ? text.replaceAll(/\\(['\\])/g, '$1') : text,
        at,
      });
      at = end + 1;
    } else if (isQuotedNext && first === 't') {
      const end = endOfText(pattern, at + 2);
      tokens.push({ type: 'time', text: pattern.slice(at + 2, end), at });
      at = end + 1;
    } else if (isQuotedNext && (first === 'b' || first === 'h')) {
      throw new PatternError('binary and hexadecimal values are not supported', at);
    } else if (longSigns.has(pattern.slice(at, at + 2))) {
      tokens.push({ type: 'sign', text: pattern.slice(at, at + 2), at });
      at += 2;
    } else if (shortSigns.has(first)) {
      tokens.push({ type: 'sign', text: first, at });
      at++;
    } else {
      const type = /[\d-]/.test(first) ? 'number' : 'word';
      const text = matchAt(type === 'number' ? number : word, pattern, at);
      if (text === undefined) throw new PatternError('neither a word nor a sign of the pattern language', at);
      tokens.push({ type, text, at });
      at += text.length;
    }
  }
  return tokens;
}

function matchAt(expression: RegExp, text: string, at: number): string | undefined {
  expression.lastIndex = at;
  return expression.exec(text)?.[0];
}

/** Place of the quote that ends a text; `\'` and `\\` do not. */
function endOfText(pattern: string, from: number): number {
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] === "'") return at;
    if (pattern[at] !== '\\') continue;
    const next = pattern[++at];
    if (next !== "'" && next !== '\\') throw new PatternError("a backslash before neither ' nor \\", at - 1);
  }
  throw new PatternError('a text that does not end', from - 1);
}
