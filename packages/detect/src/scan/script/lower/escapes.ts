/** Escapes in the quoted texts of the languages. */

const letters: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  f: '\f',
  b: '\b',
  e: '\x1b',
  a: '\x07',
  '\n': '',
};

/** The text that a quoted text with escapes stands for; unknown escapes stay without their backslash. */
export function unescaped(quoted: string): string {
  return quoted.replace(
    /\\(?:x([0-9a-f]{1,2})|u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|([0-7]{1,3})|([\s\S]))/gi,
    (_, hex, braced, four, octal, letter) => {
      const digits: string | undefined = hex ?? braced ?? four;
      if (digits !== undefined) {
        const code = Number.parseInt(digits, 16);
        return code > 0x10_ff_ff ? '' : String.fromCodePoint(code);
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return letters[letter as string] ?? (letter as string);
    },
  );
}
