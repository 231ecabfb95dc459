/** Sigma strings: wildcards and escaping (Sigma rules specification, "String Wildcard", "Escaping"). */
import type { Glob, Wildcard } from '../ast.ts';

const any: Wildcard = { wildcard: 'any' };
const one: Wildcard = { wildcard: 'one' };

/** Joins neighbouring literals and drops empty ones. */
export function normalGlob(pieces: readonly (string | Wildcard)[]): Glob {
  const glob: (string | Wildcard)[] = [];
  for (const piece of pieces) {
    const last = glob.at(-1);
    if (piece === '') continue;
    if (typeof piece === 'string' && typeof last === 'string') glob[glob.length - 1] = last + piece;
    else if (typeof piece !== 'string' && piece.wildcard === 'any' && isAny(last)) continue;
    else glob.push(piece);
  }
  return glob;
}

function isAny(piece: string | Wildcard | undefined): boolean {
  return typeof piece === 'object' && piece.wildcard === 'any';
}

/**
 * Reads a Sigma string. A backslash is itself unless it stands before `\`, `*` or `?`, which it then makes
 * literal.
 */
export function parseGlob(text: string): Glob {
  const pieces: (string | Wildcard)[] = [];
  let literal = '';
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    const next = text.charAt(index + 1);
    if (character === '\\' && (next === '\\' || next === '*' || next === '?')) {
      literal += next;
      index++;
    } else if (character === '*' || character === '?') {
      pieces.push(literal, character === '*' ? any : one);
      literal = '';
    } else literal += character;
  }
  return normalGlob([...pieces, literal]);
}

/** The glob with `*` before and after it, as asked. */
export function openGlob(glob: Glob, before: boolean, after: boolean): Glob {
  return normalGlob([...(before ? [any] : []), ...glob, ...(after ? [any] : [])]);
}

/** The text of a glob that has no wildcard, else undefined. */
export function literalOf(glob: Glob): string | undefined {
  if (glob.length === 0) return '';
  const [first] = glob;
  return glob.length === 1 && typeof first === 'string' ? first : undefined;
}
