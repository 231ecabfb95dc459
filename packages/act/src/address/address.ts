/**
 * Addresses as bans know them. Text comes from logs, in which strangers write: only the plain notations of RFC 4291
 * and dotted decimal are addresses; octal, hexadecimal, one-number and short forms, zones and names are none.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** A network, or one address as a network of its own. */
export interface Network {
  readonly family: 4 | 6;
  /** First and last address, as numbers. */
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
  /** The one way to write it: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/64`, `2001:db8::7`. */
  readonly text: string;
}

/** Longest text that is looked at: eight groups of four with an IPv4 tail and a prefix length. */
const longest = 49;

/**
 * The one way to write an address; undefined for what is none. `::ffff:192.0.2.1` (RFC 4291, 2.5.5.2) is 192.0.2.1.
 */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > longest) return undefined;
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const groups = groupsOf(text);
  return mappedOf(groups) ?? written(groups);
}

/** The same of its 4 or 16 bytes in network order. */
export function addressOfBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0));
  return mappedOf(groups) ?? written(groups);
}

/** The same as /proc/net writes it: 32-bit words in the machine's order, here little-endian. */
export function addressOfHex(hex: string): string | undefined {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/.test(hex)) return undefined;
  return addressOfBytes(Buffer.from(hex, 'hex').swap32());
}

/**
 * What an address is counted and banned as: an IPv4 address itself, an IPv6 address with its /64, because whoever
 * has one address of a /64 has all of them (RFC 6177).
 * @returns undefined for what is no address
 */
export function subjectOf(text: string): string | undefined {
  const address = canonicalAddress(text);
  if (address === undefined || !address.includes(':')) return address;
  const groups = groupsOf(address);
  return `${written([...groups.slice(0, 4), 0, 0, 0, 0])}/64`;
}

/** A network, or an address; bits behind the prefix are cleared. Undefined for what is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [host = '', length, ...more] = text.split('/');
  if (more.length > 0) return undefined;
  const address = canonicalAddress(host);
  if (address === undefined) return undefined;
  const family = address.includes(':') ? 6 : 4;
  const bits = family === 4 ? 32 : 128;
  // A prefix length of the IPv6 form says nothing of the IPv4 address in it.
  if (length !== undefined && (family === 4) === host.includes(':')) return undefined;
  if (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return undefined;
  const span = 1n << BigInt(bits - prefix);
  const first = (numberOf(address) / span) * span;
  const base = family === 4 ? writtenFour(first) : written(groupsOfNumber(first));
  return {
    family,
    first,
    last: first + span - 1n,
    prefix,
    text: prefix === bits ? base : `${base}/${prefix}`,
  };
}

/** Whether two networks have an address in common. */
export function overlaps(one: Network, other: Network): boolean {
  return one.family === other.family && one.first <= other.last && other.first <= one.last;
}

/** Whether all of `inner` is in `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

function groupsOf(text: string): number[] {
  let plain = text.toLowerCase();
  if (plain.includes('.')) {
    const colon = plain.lastIndexOf(':') + 1;
    const [a = 0, b = 0, c = 0, d = 0] = plain.slice(colon).split('.').map(Number);
    plain = `${plain.slice(0, colon)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = new Array<string>(Math.max(8 - left.length - right.length, 0)).fill('0');
  return [...left, ...gap, ...right].map(group => Number.parseInt(group, 16));
}

function groupsOfNumber(value: bigint): number[] {
  return Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(112 - 16 * at)) & 0xffffn));
}

function mappedOf(groups: readonly number[]): string | undefined {
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every(group => group === 0);
  if (!isMapped) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** As RFC 5952 wants it: lower case, the longest run of at least two zero groups left out. */
function written(groups: readonly number[]): string {
  let from = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) {
      from = at;
      length = end - at;
    }
    at = Math.max(at, end);
  }
  const hex = groups.map(group => group.toString(16));
  if (from < 0) return hex.join(':');
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + length).join(':')}`;
}

function writtenFour(value: bigint): string {
  return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.');
}

function numberOf(address: string): bigint {
  if (!address.includes(':')) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  return groupsOf(address).reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
}
