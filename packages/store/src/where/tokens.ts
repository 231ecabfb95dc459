/** Cutting a filter into tokens. */
import { WhereError } from './expression.ts';

/** A piece of a filter with its place, counted from 1. */
export interface Token {
  readonly type: 'word' | 'text' | 'symbol' | 'end';
  readonly value: string;
  readonly column: number;
}

/** Longest filter, UTF-16 units. */
const maxLength = 16_384;
const space = /\s/;
const symbol = /!=|<=|>=|[=<>~(),]/y;
const word = /[^\s=<>~(),!'"\\]+/y;
const escaped: Record<string, string> = { '\\': '\\', "'": "'", '"': '"', n: '\n', t: '\t', r: '\r' };

/**
 * The tokens of a filter, closed by one of type `end`.
 * @throws WhereError when the text is too long or something in it is no token
 */
export function tokensOf(text: string): Token[] {
  if (text.length > maxLength) {
    throw new WhereError(
      maxLength,
      `the filter is longer than ${maxLength} characters`,
      `过滤条件超过 ${maxLength} 个字符`,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (space.test(char)) at += 1;
    else if (char === '"' || char === "'") at = quoted(text, at, tokens);
    else at = plain(text, at, tokens);
  }
  tokens.push({ type: 'end', value: '', column: text.length + 1 });
  return tokens;
}

function plain(text: string, at: number, tokens: Token[]): number {
  for (const [type, pattern] of [['symbol', symbol] as const, ['word', word] as const]) {
    pattern.lastIndex = at;
    const value = pattern.exec(text)?.[0];
    if (value === undefined) continue;
    tokens.push({ type, value, column: at + 1 });
    return at + value.length;
  }
  const char = text.charAt(at);
  throw new WhereError(at + 1, `"${char}" has no meaning here`, `此处的“${char}”没有意义`);
}

function quoted(text: string, start: number, tokens: Token[]): number {
  const quote = text.charAt(start);
  let value = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === quote) {
      tokens.push({ type: 'text', value, column: start + 1 });
      return at + 1;
    }
    if (char !== '\\') {
      value += char;
      continue;
    }
    at += 1;
    const next = text.charAt(at);
    // An unknown escape stands for itself, so that regular expressions need no doubled backslashes.
    value += escaped[next] ?? `\\${next}`;
  }
  throw new WhereError(
    start + 1,
    `the text that begins with ${quote} does not end`,
    `以 ${quote} 开头的文本没有结束`,
  );
}
