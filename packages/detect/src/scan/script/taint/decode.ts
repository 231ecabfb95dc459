/** Decoding of texts that a script spells out, so that what is hidden in layers is judged too. Nothing is run. */
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** Characters of a decoded text that are kept at most. */
export const mostDecoded = 1 << 20;
const bound = { maxOutputLength: mostDecoded };

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const ways: Readonly<Record<string, (text: string) => string>> = {
  base64: text => Buffer.from(text, 'base64').toString('latin1'),
  hex: text => Buffer.from(text, 'hex').toString('latin1'),
  inflate: text => inflateRawSync(bytes(text), bound).toString('latin1'),
  zlib: text => inflateSync(bytes(text), bound).toString('latin1'),
  gzip: text => gunzipSync(bytes(text), bound).toString('latin1'),
  brotli: text => brotliDecompressSync(bytes(text), bound).toString('latin1'),
  url: text =>
    text.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16))),
  reverse: text => Array.from(text).toReversed().join(''),
  rot13: text =>
    text.replace(/[a-z]/gi, letter => {
      const base = letter <= 'Z' ? 65 : 97;
      return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
    }),
};

/**
 * Decodes a text.
 * @param way as the tables name it
 * @param texts arguments of the decoding call, in their order; undefined where one is not known
 * @returns undefined where it cannot be decoded
 */
export function decoded(way: string, texts: readonly (string | undefined)[]): string | undefined {
  const [first, second] = texts;
  if (first === undefined) return undefined;
  try {
    switch (way) {
      case 'chr':
        return texts.every(text => text !== undefined && /^(0x)?[\da-f]+$/i.test(text))
          ? texts.map(text => String.fromCharCode(Number(text) & 0xff_ff)).join('')
          : undefined;
      case 'xor':
        return second === undefined ? undefined : xored(first, second);
      case 'complement':
        return Array.from(first, letter => String.fromCharCode(~letter.charCodeAt(0) & 0xff)).join('');
      case 'pack':
        return second !== undefined && /^H\*?$/.test(first) ? ways['hex']?.(second) : undefined;
      case 'Buffer.from':
        if (second === 'base64' || second === 'base64url') return ways['base64']?.(first);
        return second === 'hex' ? ways['hex']?.(first) : first;
      case 'codec':
        return second === 'rot13' || second === 'rot_13'
          ? ways['rot13']?.(first)
          : ways[second ?? '']?.(first);
      default:
        return ways[way]?.(first);
    }
  } catch {
    // A text that is not in that form: nothing is learnt from it.
    return undefined;
  }
}

function xored(one: string, other: string): string | undefined {
  if (one === '' || other === '') return undefined;
  const length = Math.min(one.length, other.length);
  return Array.from({ length }, (_, at) =>
    String.fromCharCode(one.charCodeAt(at) ^ other.charCodeAt(at)),
  ).join('');
}
