/** `expand`: placeholders such as `%Servers%`, whose values come from the user of the rules. */
import type { Glob } from '../ast.ts';
import { normalGlob, parseGlob } from './text.ts';

/** Values of placeholders, by name without the percent characters. Values may have wildcards. */
export type Placeholders = ReadonlyMap<string, readonly string[]>;

const placeholder = /(?<!\\)%([\w-]+)%/g;

/** How many texts one value may become. */
const expansionLimit = 100_000;

/** What `expand` gave: forms, or the placeholder that has no value. */
export type Expansion =
  | { readonly forms: Glob[] }
  | { readonly unresolved: string }
  | { readonly tooMany: true };

/** Puts the values of placeholders into a glob; a percent character after a backslash is itself. */
export function expandGlob(glob: Glob, placeholders: Placeholders): Expansion {
  let forms: Glob[number][][] = [[]];
  for (const piece of glob) {
    if (typeof piece !== 'string') {
      for (const form of forms) form.push(piece);
      continue;
    }
    let start = 0;
    for (const match of piece.matchAll(placeholder)) {
      const [whole, name = ''] = match;
      const values = placeholders.get(name);
      if (values === undefined || values.length === 0) return { unresolved: name };
      if (forms.length * values.length > expansionLimit) return { tooMany: true };
      const before = unescapePercent(piece.slice(start, match.index));
      forms = forms.flatMap(form => values.map(value => [...form, before, ...parseGlob(value)]));
      start = match.index + whole.length;
    }
    const rest = unescapePercent(piece.slice(start));
    for (const form of forms) form.push(rest);
  }
  return { forms: forms.map(normalGlob) };
}

function unescapePercent(text: string): string {
  return text.replaceAll('\\%', '%');
}
