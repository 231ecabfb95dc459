/** Keys of entries: bytes of a path as text and back, and the one order of all states. */

const printable = new TextDecoder('utf-8', { fatal: true });

/**
 * The text that stands for the bytes of a name: UTF-8 as it is, `\xHH` for each byte that is no UTF-8, `\\` for a
 * backslash. Different bytes always have different texts.
 */
export function escapeKey(bytes: Uint8Array): string {
  try {
    const text = printable.decode(bytes);
    // A byte order mark at the beginning is dropped by the decoder.
    if (!(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)) return text.replaceAll('\\', '\\\\');
  } catch {
    // byte by byte, then
  }
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceAt(bytes, at);
    if (length === 0) text += `\\x${(bytes[at++] as number).toString(16).padStart(2, '0')}`;
    else {
      const one = Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('utf8');
      text += one === '\\' ? '\\\\' : one;
      at += length;
    }
  }
  return text;
}

/** Length of the well-formed UTF-8 sequence at a place (RFC 3629, section 4); 0 when there is none. */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let more = 1; more < length; more++) if (((bytes[at + more] as number) & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1] as number;
  const wrong =
    (first === 0xe0 && second < 0xa0) || // overlong
    (first === 0xed && second > 0x9f) || // surrogates
    (first === 0xf0 && second < 0x90) ||
    (first === 0xf4 && second > 0x8f); // beyond U+10FFFF
  return wrong ? 0 : length;
}

/** The bytes that a key stands for. A backslash that begins no escape stands for itself. */
export function unescapeKey(key: string): Buffer {
  if (!key.includes('\\')) return Buffer.from(key);
  const parts: Buffer[] = [];
  const pattern = /\\\\|\\x([0-9a-f]{2})/g;
  let from = 0;
  for (const match of key.matchAll(pattern)) {
    parts.push(Buffer.from(key.slice(from, match.index)));
    parts.push(match[1] === undefined ? Buffer.from('\\') : Buffer.from(match[1], 'hex'));
    from = match.index + match[0].length;
  }
  parts.push(Buffer.from(key.slice(from)));
  return Buffer.concat(parts);
}

const slash = 0x2f;
/** Surrogates stand for the code points above U+FFFF, so they come after U+E000 to U+FFFF. */
const rank = (unit: number): number =>
  unit === slash ? -1 : unit < 0xd800 ? unit : unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;

/**
 * The order of entries: by code point (which is the order of UTF-8 bytes), with `/` before everything, so that a
 * folder's content follows it directly. @returns less than, equal to or more than 0
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}
