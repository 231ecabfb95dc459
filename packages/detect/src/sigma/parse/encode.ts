/** Encoding modifiers: base64, base64offset, UTF-16, and the dashes of Windows command lines. */
import type { Glob } from '../ast.ts';
import { literalOf, normalGlob } from './text.ts';

/** UTF-16 forms: little endian, big endian, and little endian after a byte order mark. */
export type Utf16 = 'utf16le' | 'utf16be' | 'utf16';

/** The bytes of a text in UTF-16, each as one character below U+0100. */
function utf16Bytes(text: string, form: Utf16): string {
  let bytes = form === 'utf16' ? '\u00ff\u00fe' : '';
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const low = String.fromCharCode(unit & 0xff);
    const high = String.fromCharCode(unit >> 8);
    bytes += form === 'utf16be' ? high + low : low + high;
  }
  return bytes;
}

/** Every literal in UTF-16; wildcards stay. The result holds one character a byte. */
export function utf16Glob(glob: Glob, form: Utf16): Glob {
  return normalGlob(
    glob.map((piece, index) =>
      typeof piece === 'string'
        ? utf16Bytes(piece, index === 0 ? form : form === 'utf16' ? 'utf16le' : form)
        : piece,
    ),
  );
}

function bytesOf(glob: Glob, isBytes: boolean): Buffer | undefined {
  const text = literalOf(glob);
  return text === undefined ? undefined : Buffer.from(text, isBytes ? 'latin1' : 'utf8');
}

/** Base64 of a text without wildcards; undefined when it has some. */
export function base64(glob: Glob, isBytes: boolean): Glob | undefined {
  const bytes = bytesOf(glob, isBytes);
  return bytes === undefined ? undefined : normalGlob([bytes.toString('base64')]);
}

/**
 * The three forms that a text takes inside longer base64 text, by its offset modulo 3, without the characters
 * at either end that depend on its neighbours. Undefined when the text has wildcards.
 */
export function base64Offsets(glob: Glob, isBytes: boolean): Glob[] | undefined {
  const bytes = bytesOf(glob, isBytes);
  if (bytes === undefined) return undefined;
  return [0, 1, 2].map(shift => {
    const encoded = Buffer.concat([Buffer.alloc(shift, 0x20), bytes]).toString('base64');
    const dropAtStart = [0, 2, 3][shift] ?? 0;
    const dropAtEnd = [0, 3, 2][(bytes.length + shift) % 3] ?? 0;
    return normalGlob([encoded.slice(dropAtStart, encoded.length - dropAtEnd)]);
  });
}

/** Hyphen, slash, en dash, em dash and horizontal bar, any of which Windows programs take before a flag. */
export const dashes = ['-', '/', '\u2013', '\u2014', '\u2015'] as const;

/** How many texts one value may become. */
export const windashLimit = 4096;

/**
 * Every form of a text in which each dash that begins a flag (it follows no word character and precedes one)
 * is any of the five dashes. Undefined when there would be more than `windashLimit` forms.
 */
export function windashForms(glob: Glob): Glob[] | undefined {
  const flagDash = /\B[-/\u2013\u2014\u2015](?=\w)/g;
  let forms: Glob[number][][] = [[]];
  for (const piece of glob) {
    if (typeof piece !== 'string') {
      for (const form of forms) form.push(piece);
      continue;
    }
    let start = 0;
    for (const match of piece.matchAll(flagDash)) {
      if (forms.length * dashes.length > windashLimit) return undefined;
      const before = piece.slice(start, match.index);
      forms = forms.flatMap(form => dashes.map(dash => [...form, before, dash]));
      start = match.index + 1;
    }
    const rest = piece.slice(start);
    for (const form of forms) form.push(rest);
  }
  return forms.map(normalGlob);
}
