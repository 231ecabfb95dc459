/**
 * Text that comes from watched processes is hostile: a file name may hold escape sequences that change what
 * the terminal shows. Every such text goes through here before it is printed.
 */

/**
 * C0 and C1 controls, DEL, line and paragraph separators, and the Unicode characters that reorder or hide
 * text (bidirectional controls, zero-width characters, tags, the byte order mark).
 */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** The text with everything that a terminal would obey written out as `\x1b` or `\u{202e}`. */
export function safe(text: string): string {
  return text.replace(unsafe, character => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
