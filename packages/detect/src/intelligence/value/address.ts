/** IP addresses and networks as the 32-bit words that the tables are keyed by. */

/** An address or network. `words` has one 32-bit word for IPv4 and four for IPv6; bits below the prefix are 0. */
export interface Network {
  readonly words: readonly number[];
  readonly prefix: number;
}

/**
 * The number of a dotted IPv4 address.
 * @returns -1 when the text is none; leading zeros are not taken, as they are read differently by different tools
 */
export function ipv4Number(text: string): number {
  const { length } = text;
  if (length < 7 || length > 15) return -1;
  let number = 0;
  let part = -1;
  let dots = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (part < 0 || ++dots > 3) return -1;
      number = number * 256 + part;
      part = -1;
    } else {
      if (code < 48 || code > 57 || part === 0) return -1;
      part = (part < 0 ? 0 : part * 10) + code - 48;
      if (part > 255) return -1;
    }
  }
  return dots === 3 && part >= 0 ? number * 256 + part : -1;
}

/**
 * The eight 16-bit parts of an IPv6 address (RFC 4291, 2.2); a zone (`%eth0`) is ignored.
 * @returns undefined when the text is none
 */
function ipv6Parts(text: string): number[] | undefined {
  const zone = text.indexOf('%');
  const end = zone < 0 ? text.length : zone;
  const parts: number[] = [];
  let gap = -1;
  let at = 0;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < end) {
    if (parts.length > 7) return undefined;
    let part = 0;
    const from = at;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      const lower = code | 32;
      if (code >= 48 && code <= 57) part = part * 16 + code - 48;
      else if (lower >= 97 && lower <= 102) part = part * 16 + lower - 87;
      else break;
    }
    if (at === from || at - from > 4) return undefined;
    if (text.charCodeAt(at) === 46 && at < end) {
      const ipv4 = ipv4Number(text.slice(from, end));
      if (ipv4 < 0 || parts.length > 6) return undefined;
      parts.push(ipv4 >>> 16, ipv4 & 0xffff);
      at = end;
      break;
    }
    parts.push(part);
    if (at === end) break;
    if (text.charCodeAt(at) !== 58) return undefined;
    at++;
    if (at < end && text.charCodeAt(at) === 58) {
      if (gap >= 0) return undefined;
      gap = parts.length;
      at++;
    } else if (at === end) return undefined;
  }
  if (gap < 0) return parts.length === 8 ? parts : undefined;
  if (parts.length > 7) return undefined;
  parts.splice(gap, 0, ...new Array<number>(8 - parts.length).fill(0));
  return parts;
}

/**
 * The words of an address: one for IPv4 (also when it is written as IPv4-mapped IPv6), four for IPv6.
 * @returns undefined when the text is not an address
 */
export function addressWords(text: string): readonly number[] | undefined {
  const ipv4 = ipv4Number(text);
  if (ipv4 >= 0) return [ipv4];
  if (text.length > 64 || !text.includes(':')) return undefined;
  const parts = ipv6Parts(text);
  if (parts === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = parts;
  const low = ((g << 16) | h) >>> 0;
  const isMapped = (a | b | c | d | e) === 0 && f === 0xffff;
  return isMapped ? [low] : [((a << 16) | b) >>> 0, ((c << 16) | d) >>> 0, ((e << 16) | f) >>> 0, low];
}

/** The word with all bits cleared that stand below the prefix. `index` is the word's place in the address. */
export function maskWord(word: number, index: number, prefix: number): number {
  const kept = prefix - index * 32;
  if (kept >= 32) return word >>> 0;
  return kept <= 0 ? 0 : (word & (0xffffffff << (32 - kept))) >>> 0;
}

/**
 * A network in CIDR notation; a bare address is a network of one.
 * @returns undefined when the text is neither
 */
export function networkOf(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const words = addressWords(slash < 0 ? text : text.slice(0, slash));
  if (words === undefined) return undefined;
  const bits = words.length * 32;
  if (slash < 0) return { words, prefix: bits };
  const written = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(written)) return undefined;
  // ::ffff:192.0.2.0/120 is the IPv4 network 192.0.2.0/24.
  const prefix = Number(written) - (words.length === 1 && text.includes(':') ? 96 : 0);
  if (prefix < 0 || prefix > bits) return undefined;
  return { words: words.map((word, index) => maskWord(word, index, prefix)), prefix };
}

/** Whether two networks of one family have an address in common. */
export function overlap(left: Network, right: Network): boolean {
  const prefix = Math.min(left.prefix, right.prefix);
  return (
    left.words.length === right.words.length &&
    left.words.every(
      (word, index) => maskWord(word, index, prefix) === maskWord(right.words[index] ?? 0, index, prefix),
    )
  );
}

/** A network in text: IPv4 dotted, IPv6 as RFC 5952 writes it, with the prefix unless it is a single address. */
export function networkText(words: readonly number[], prefix: number): string {
  const address =
    words.length === 1
      ? [24, 16, 8, 0].map(shift => ((words[0] ?? 0) >>> shift) & 255).join('.')
      : ipv6Text(words);
  return prefix === words.length * 32 ? address : `${address}/${prefix}`;
}

function ipv6Text(words: readonly number[]): string {
  const parts = words.flatMap(word => [word >>> 16, word & 0xffff]);
  let best = { at: -1, length: 1 };
  for (let at = 0; at < parts.length; at++) {
    let length = 0;
    while (parts[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = (from: number, to?: number) =>
    parts
      .slice(from, to)
      .map(part => part.toString(16))
      .join(':');
  return best.at < 0 ? hex(0) : `${hex(0, best.at)}::${hex(best.at + best.length)}`;
}
