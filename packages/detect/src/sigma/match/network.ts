/** IP addresses and networks, IPv4 and IPv6 (RFC 4291 text forms, RFC 4632 prefixes). */

/** A network: its 16-byte form (IPv4 mapped to ::ffff:0:0/96) and how many bits must agree. */
export interface Network {
  readonly words: readonly number[];
  readonly bits: number;
}

const ipv4Pattern = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

function ipv4Words(text: string): [number, number] | undefined {
  const match = ipv4Pattern.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  if (bytes.some(byte => byte > 255)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return [(a << 8) | b, (c << 8) | d];
}

function hexWords(text: string): number[] | undefined {
  if (text === '') return [];
  const words: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const embedded = index === parts.length - 1 ? ipv4Words(part) : undefined;
    if (embedded !== undefined) words.push(...embedded);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) words.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return words;
}

/**
 * The eight 16-bit words of an address; an IPv4 address is given as its IPv4-mapped IPv6 address.
 * A zone (`%eth0`) is ignored.
 * @returns undefined when the text is not an IP address
 */
export function parseAddress(text: string): number[] | undefined {
  if (text.length > 64) return undefined;
  const ipv4 = ipv4Words(text);
  if (ipv4 !== undefined) return [0, 0, 0, 0, 0, 0xffff, ...ipv4];
  const zone = text.indexOf('%');
  const halves = (zone < 0 ? text : text.slice(0, zone)).split('::');
  if (halves.length > 2) return undefined;
  const head = hexWords(halves[0] ?? '');
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const tail = hexWords(halves[1] ?? '');
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/**
 * A network in CIDR notation; a bare address is a network of one.
 * @returns undefined when the text is neither
 */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, address = '', prefix] = match;
  const words = parseAddress(address);
  if (words === undefined) return undefined;
  const offset = address.includes(':') ? 0 : 96;
  const bits = prefix === undefined ? 128 : Number(prefix) + offset;
  return bits > 128 ? undefined : { words, bits };
}

/** Whether the address (as from `parseAddress`) lies in the network. */
export function inNetwork(words: readonly number[], network: Network): boolean {
  let left = network.bits;
  for (let index = 0; left > 0; index++, left -= 16) {
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff;
    if ((((words[index] ?? 0) ^ (network.words[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}
