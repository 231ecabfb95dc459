/** Digests in hexadecimal as the 32-bit words that the tables are keyed by. */

/** Value of each hexadecimal digit by its character code, -1 for every other character. */
const digits = Int8Array.from({ length: 128 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
  return code === 0 ? -1 : digit;
});

/**
 * Writes the words of a hexadecimal digest to `into`, whose length is the number of words.
 * @returns whether the text is a digest of exactly that length
 */
export function readDigest(text: string, into: Uint32Array): boolean {
  const words = into.length;
  if (text.length !== words * 8) return false;
  for (let word = 0, at = 0; word < words; word++) {
    let value = 0;
    for (const end = at + 8; at < end; at++) {
      const digit = digits[text.charCodeAt(at)] ?? -1;
      if (digit < 0) return false;
      value = (value << 4) | digit;
    }
    into[word] = value;
  }
  return true;
}

/** A digest's words in lower-case hexadecimal. */
export function digestText(words: Uint32Array): string {
  return Array.from(words, word => word.toString(16).padStart(8, '0')).join('');
}

/** Digests of nothing: every empty file has them (RFC 1321, RFC 3174, FIPS 180-4). */
export const emptyFileDigests: ReadonlySet<string> = new Set([
  'd41d8cd98f00b204e9800998ecf8427e',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
]);
