/** The part of a DNS message that events tell: the question and the answers (RFC 1035, RFC 3596). */
import { formatAddress } from '@redoubt/kernel';

/** AF_INET and AF_INET6 of linux/socket.h. */
const familyInet = 2;
const familyInet6 = 10;

/** A record of the answer section. */
export interface DnsAnswer {
  /** Type such as "A"; "TYPE<number>" when it has no name here (RFC 3597). */
  type: string;
  /** Address, name or text; for other types the data in hexadecimal. */
  rdata: string;
  /** Seconds. */
  ttl: number;
}

/** A message, as far as it could be read. */
export interface DnsMessage {
  isResponse: boolean;
  /** Name asked for, without the final dot; "." for the root. */
  hostname: string;
  type: string;
  class: string;
  /** Response code, such as "NXDOMAIN". */
  rcode: string;
  answers: DnsAnswer[];
  /** Whether the message ended, or broke the format, before all of its answers were read. */
  isPartial: boolean;
}

const typeNames: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  10: 'NULL',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  35: 'NAPTR',
  41: 'OPT',
  43: 'DS',
  46: 'RRSIG',
  48: 'DNSKEY',
  52: 'TLSA',
  64: 'SVCB',
  65: 'HTTPS',
  252: 'AXFR',
  255: 'ANY',
};

const responseCodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Answers that are read of one message. */
const answerLimit = 64;
/** Longest text that is kept of one answer, characters. */
const rdataLimit = 1024;

const typeName = (type: number): string => typeNames[type] ?? `TYPE${type}`;
const className = (value: number): string => (value === 1 ? 'IN' : `CLASS${value}`);

interface Name {
  text: string;
  /** Offset behind the name. */
  end: number;
}

/**
 * Reads a name with its compression pointers, which must point backwards (so that no message makes this loop).
 * Bytes that could confuse a reader are written as \DDD, as in zone files.
 */
function readName(message: Buffer, start: number): Name | undefined {
  const labels: string[] = [];
  let at = start;
  let end = -1;
  let lowest = start;
  let total = 0;
  for (;;) {
    const length = message[at];
    if (length === undefined) return undefined;
    if (length === 0)
      return { text: labels.length === 0 ? '.' : labels.join('.'), end: end < 0 ? at + 1 : end };
    if ((length & 0xc0) === 0xc0) {
      const low = message[at + 1];
      if (low === undefined) return undefined;
      const target = ((length & 0x3f) << 8) | low;
      if (end < 0) end = at + 2;
      if (target >= lowest) return undefined;
      lowest = target;
      at = target;
      continue;
    }
    total += length + 1;
    if ((length & 0xc0) !== 0 || total > 255 || at + 1 + length > message.length) return undefined;
    labels.push(labelText(message.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
}

function labelText(label: Buffer): string {
  let text = '';
  for (const byte of label) {
    const printable = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
    text += printable ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

/** Data of a record as text. */
function readData(message: Buffer, type: number, start: number, end: number): string | undefined {
  const data = message.subarray(start, end);
  if ((type === 1 && data.length === 4) || (type === 28 && data.length === 16)) {
    const family = type === 1 ? familyInet : familyInet6;
    return formatAddress(family, type === 1 ? Buffer.concat([data, Buffer.alloc(12)]) : data);
  }
  if (type === 2 || type === 5 || type === 12) return readName(message, start)?.text;
  if (type === 15) return readName(message, start + 2)?.text;
  if (type === 33) {
    const target = readName(message, start + 6)?.text;
    return target === undefined || data.length < 7 ? undefined : `${target}:${data.readUInt16BE(4)}`;
  }
  if (type === 16) return readTexts(data);
  return data.toString('hex').slice(0, rdataLimit);
}

/** The character strings of a TXT record, joined. */
function readTexts(data: Buffer): string {
  let text = '';
  for (let at = 0; at < data.length && text.length < rdataLimit; ) {
    const length = data[at] as number;
    text += data.toString('latin1', at + 1, at + 1 + length);
    at += 1 + length;
  }
  return text.slice(0, rdataLimit);
}

/**
 * Reads a DNS message as far as it goes.
 * @returns undefined when not even a question can be read
 */
export function parseDns(message: Buffer): DnsMessage | undefined {
  if (message.length < 12 || message.readUInt16BE(4) < 1) return undefined;
  const question = readName(message, 12);
  if (question === undefined || question.end + 4 > message.length) return undefined;
  const flags = message.readUInt16BE(2);
  const found: DnsMessage = {
    isResponse: (flags & 0x8000) !== 0,
    hostname: question.text,
    type: typeName(message.readUInt16BE(question.end)),
    class: className(message.readUInt16BE(question.end + 2)),
    rcode: responseCodes[flags & 0xf] ?? `RCODE${flags & 0xf}`,
    answers: [],
    isPartial: message.readUInt16BE(4) !== 1,
  };
  if (!found.isPartial) readAnswers(message, question.end + 4, found);
  return found;
}

function readAnswers(message: Buffer, start: number, found: DnsMessage): void {
  const count = message.readUInt16BE(6);
  let at = start;
  for (let index = 0; index < count; index++) {
    const name = readName(message, at);
    const head = name?.end ?? message.length;
    const end = head + 10 <= message.length ? head + 10 + message.readUInt16BE(head + 8) : -1;
    const type = end < 0 ? 0 : message.readUInt16BE(head);
    const rdata = end < 0 || end > message.length ? undefined : readData(message, type, head + 10, end);
    if (rdata === undefined || index === answerLimit) {
      found.isPartial = true;
      return;
    }
    found.answers.push({ type: typeName(type), rdata, ttl: message.readUInt32BE(head + 4) });
    at = end;
  }
}
