/** IP addresses and networks as the 32-bit words that the tables are keyed by. */
import { parseAddress } from '../../sigma/match/network.ts';

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
 * The words of an address: one for IPv4 (also when it is written as IPv4-mapped IPv6), four for IPv6.
 * @returns undefined when the text is not an address
 */
export function addressWords(text: string): readonly number[] | undefined {
  const ipv4 = ipv4Number(text);
  if (ipv4 >= 0) return [ipv4];
  if (!text.includes(':')) return undefined;
  const parts = parseAddress(text);
  if (parts === undefined) return undefined;
  const words = [0, 2, 4, 6].map(at => (((parts[at] ?? 0) << 16) | (parts[at + 1] ?? 0)) >>> 0);
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return isMapped ? [words[3] ?? 0] : words;
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
