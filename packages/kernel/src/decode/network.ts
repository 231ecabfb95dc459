/** What `network.*` and `dns.*` records say about the connection. */
import { Section } from './layout.ts';
import type { KernelRecord } from './record.ts';

const number = {
  family: 0,
  protocol: 1,
  localPort: 2,
  remotePort: 3,
  local: 4,
  remote: 6,
  namespace: 8,
  count: 9,
};
const familyInet = 2;

/** Texts of IPv4 addresses that were met, by their bytes as a number; a host speaks with few at a time. */
const dotted = new Map<number, string>();
const dottedLimit = 4096;

/** An IPv4 address whose bytes stand in memory as in this little-endian number. */
function dottedAddress(bytes: number): string {
  let text = dotted.get(bytes);
  if (text === undefined) {
    text = `${bytes & 255}.${(bytes >>> 8) & 255}.${(bytes >>> 16) & 255}.${bytes >>> 24}`;
    if (dotted.size >= dottedLimit) dotted.clear();
    dotted.set(bytes, text);
  }
  return text;
}

function addressOf(record: KernelRecord, family: number, index: number): string {
  if (family !== familyInet) return formatAddress(family, record.numberBytes(index, 16));
  const bytes = record.lowNumber(index);
  return bytes === undefined ? '' : dottedAddress(bytes);
}

/** IPv4 in dotted form, IPv6 as in RFC 5952; an IPv4-mapped IPv6 address is shown as IPv4. */
export function formatAddress(family: number, bytes: Uint8Array): string {
  if (bytes.length < 16) return '';
  if (family === familyInet) return bytes.subarray(0, 4).join('.');
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  if (words.slice(0, 5).every(word => word === 0) && words[5] === 0xffff)
    return bytes.subarray(12, 16).join('.');
  let best = 0;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && words[start + length] === 0) length++;
    if (length > bestLength) [best, bestLength] = [start, length];
  }
  const hex = words.map(word => word.toString(16));
  if (bestLength < 2) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

/** Two ends of a connection or datagram. */
export interface NetworkDetails {
  /** 4 or 6. */
  version: 4 | 6;
  /** 6 TCP, 17 UDP, others as in IANA's list. */
  protocol: number;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Inode number of the network namespace. */
  namespace: number;
  /** How many connections the record stands for: those of one second that were more than are told one by one. */
  count: number;
}

/** Decodes a `network.*` or `dns.*` record. */
export function networkOf(record: KernelRecord): NetworkDetails {
  const family = record.number(number.family) ?? familyInet;
  return {
    version: family === familyInet ? 4 : 6,
    protocol: record.number(number.protocol) ?? 0,
    localAddress: addressOf(record, family, number.local),
    localPort: record.number(number.localPort) ?? 0,
    remoteAddress: addressOf(record, family, number.remote),
    remotePort: record.number(number.remotePort) ?? 0,
    namespace: record.number(number.namespace) ?? 0,
    count: record.number(number.count) ?? 1,
  };
}

/** The DNS message of a `dns.*` record, as it was on the wire. */
export function dnsPayloadOf(record: KernelRecord): Buffer | undefined {
  return record.bytes(Section.packet);
}
