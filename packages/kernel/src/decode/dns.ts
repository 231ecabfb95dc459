/** DNS messages as they are on the wire (RFC 1035, 3596, 2782, 9460), read with strict limits. */
import { formatAddress } from './network.ts';

const typeNames: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  10: 'NULL',
  12: 'PTR',
  13: 'HINFO',
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
  257: 'CAA',
};
const rcodeNames = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

const mostQuestions = 4;
const mostAnswers = 64;
const longestName = 255;
const mostJumps = 16;

/** A question. */
export interface DnsQuestion {
  /** Without the final dot; bytes other than printable ASCII, and dots inside labels, as `\ddd`. */
  name: string;
  /** `A`, `AAAA`, … or `TYPE123`. */
  type: string;
}

/** One answer. */
export interface DnsAnswer extends DnsQuestion {
  /** Seconds. */
  ttl: number;
  /** Address, name or text; hexadecimal for types that are not taken apart. */
  data: string;
}

/** A message. */
export interface DnsMessage {
  id: number;
  isAnswer: boolean;
  /** `NOERROR`, `NXDOMAIN`, … or `RCODE11`. */
  rcode: string;
  questions: DnsQuestion[];
  answers: DnsAnswer[];
  /** The message was cut off or malformed after what is given here. */
  isIncomplete: boolean;
}

/** Thrown inside the parser only: what was read so far stands. */
class Malformed extends Error {}

function escapeLabel(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

class Reader {
  readonly #bytes: Buffer;
  position = 12;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.#bytes.length) throw new Malformed();
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  /** A name; compression pointers must point backwards, so that no loop is possible. */
  name(): string {
    const labels: string[] = [];
    let length = 0;
    let after: number | undefined;
    for (let jumps = 0; ; ) {
      const start = this.position;
      const [size = 0] = this.take(1);
      if (size === 0) break;
      if ((size & 0xc0) === 0xc0) {
        const [low = 0] = this.take(1);
        const target = ((size & 0x3f) << 8) | low;
        if (target >= start || ++jumps > mostJumps) throw new Malformed();
        after ??= this.position;
        this.position = target;
        continue;
      }
      if (size > 63) throw new Malformed();
      length += size + 1;
      if (length > longestName) throw new Malformed();
      labels.push(escapeLabel(this.take(size)));
    }
    if (after !== undefined) this.position = after;
    return labels.join('.');
  }

  data(type: number, length: number): string {
    const end = this.position + length;
    const value = this.#typedData(type, length, end);
    if (this.position > end) throw new Malformed();
    this.position = end;
    return value;
  }

  #typedData(type: number, length: number, end: number): string {
    if (type === 1 && length === 4) return this.take(4).join('.');
    if (type === 28 && length === 16) return formatAddress(10, this.take(16));
    if (type === 2 || type === 5 || type === 12) return this.name();
    if (type === 15) return `${this.u16()} ${this.name()}`;
    if (type === 33) return `${this.u16()} ${this.u16()} ${this.u16()} ${this.name()}`;
    if (type !== 16) return this.take(length).toString('hex');
    let text = '';
    while (this.position < end) {
      const [size = 0] = this.take(1);
      text += this.take(size).toString('latin1');
    }
    return text;
  }
}

const typeName = (type: number): string => typeNames[type] ?? `TYPE${type}`;

/**
 * Reads a DNS message. Malformed or cut-off messages give what stands before the fault, with `isIncomplete`.
 * @returns undefined when there is not even a header
 */
export function parseDns(bytes: Uint8Array): DnsMessage | undefined {
  if (bytes.length < 12) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = buffer.readUInt16BE(2);
  const message: DnsMessage = {
    id: buffer.readUInt16BE(0),
    isAnswer: (flags & 0x8000) !== 0,
    rcode: rcodeNames[flags & 15] ?? `RCODE${flags & 15}`,
    questions: [],
    answers: [],
    isIncomplete: false,
  };
  const questionCount = buffer.readUInt16BE(4);
  const answerCount = buffer.readUInt16BE(6);
  const reader = new Reader(buffer);
  try {
    if (questionCount > mostQuestions) throw new Malformed();
    for (let rest = questionCount; rest > 0; rest--) {
      const name = reader.name();
      message.questions.push({ name, type: typeName(reader.u16()) });
      reader.u16();
    }
    for (let rest = Math.min(answerCount, mostAnswers); rest > 0; rest--) {
      const name = reader.name();
      const type = reader.u16();
      reader.u16();
      const ttl = reader.u32();
      message.answers.push({ name, type: typeName(type), ttl, data: reader.data(type, reader.u16()) });
    }
    message.isIncomplete = answerCount > mostAnswers;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    message.isIncomplete = true;
  }
  return message;
}
