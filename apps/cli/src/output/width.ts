/** How many columns a text takes on a terminal. */
import { stripVTControlCharacters } from 'node:util';

/** Made when a text first needs it: its tables take a tenth of a short command's time to load. */
let segmenter: Intl.Segmenter | undefined;

function charactersOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(stripVTControlCharacters(text));
}

/** Characters of East Asian Width W or F (UAX 11) that occur in text: CJK, kana, Hangul, full-width forms. */
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{16fe0}-\u{18aff}]|[\u{1b000}-\u{1b2ff}]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;

const plainText = /^[\x20-\x7e]*$/;

/** Columns of one character as a reader sees it. */
function columnsOf(grapheme: string): number {
  if (wide.test(grapheme)) return 2;
  return /^\p{Mark}/u.test(grapheme) ? 0 : 1;
}

/** Columns that the text takes on a terminal; colour sequences take none. */
export function width(text: string): number {
  if (plainText.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of charactersOf(text)) columns += columnsOf(segment);
  return columns;
}

/** The text without colours, cut to `columns`, with an ellipsis where something was cut. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of charactersOf(text)) {
    const more = columnsOf(segment);
    if (used + more > columns - 1) break;
    kept += segment;
    used += more;
  }
  return columns > 0 ? `${kept}…` : '';
}

/** The text filled with spaces up to `columns`. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}
