/** What a resolver needs to know of a query, read with limits (RFC 1035, RFC 6891). */

/** A query that can be answered. */
export interface DnsQuery {
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** The name in wire form, as the asker spelt it, with the final zero. */
  readonly wireName: Buffer;
  /** In lower case, without the final dot; "." for the root. Bytes that are no host name characters are \DDD. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** What the asker said of itself in an OPT record; undefined without one. */
  readonly edns:
    | { readonly payload: number; readonly version: number; readonly dnssecOk: boolean }
    | undefined;
}

/** Why a message gets no ordinary answer: a response code to send back, or nothing at all. */
export interface DnsRefusal {
  readonly rcode: number;
  readonly id: number;
  readonly opcode: number;
}

export const rcode = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const;
export const recordType = {
  a: 1,
  ns: 2,
  cname: 5,
  soa: 6,
  txt: 16,
  aaaa: 28,
  opt: 41,
  ixfr: 251,
  axfr: 252,
} as const;

/** A name in wire form: its text, and the offset behind it. No compression: questions have none. */
function questionName(message: Buffer): { text: string; end: number } | undefined {
  let text = '';
  let at = 12;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63 || at - 12 + length + 1 > 255) return undefined;
    if (length === 0) return { text: text === '' ? '.' : text, end: at + 1 };
    if (at + 1 + length > message.length) return undefined;
    if (text !== '') text += '.';
    for (let index = at + 1; index <= at + length; index++) text += characterOf(message[index] as number);
    at += 1 + length;
  }
}

function characterOf(byte: number): string {
  if (byte >= 0x41 && byte <= 0x5a) return String.fromCharCode(byte + 0x20);
  if (byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c) return String.fromCharCode(byte);
  return `\\${String(byte).padStart(3, '0')}`;
}

/** Looks for the OPT record behind the question. @returns undefined without one, null when what follows is damaged */
function readEdns(message: Buffer, start: number): DnsQuery['edns'] | null {
  let at = start;
  const count = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  let found: DnsQuery['edns'];
  if (count > 8) return null;
  for (let index = 0; index < count; index++) {
    const isRoot = message[at] === 0;
    while (message[at] !== undefined && message[at] !== 0 && (message[at] as number) < 0xc0)
      at += (message[at] as number) + 1;
    at += message[at] === 0 ? 1 : 2;
    if (at + 10 > message.length) return null;
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 8);
    if (at + 10 + length > message.length) return null;
    if (type === recordType.opt) {
      if (!isRoot || found !== undefined) return null;
      found = {
        payload: Math.max(message.readUInt16BE(at + 2), 512),
        version: message[at + 5] as number,
        dnssecOk: ((message[at + 6] as number) & 0x80) !== 0,
      };
    }
    at += 10 + length;
  }
  return found;
}

/**
 * Reads a query.
 * @returns undefined for what must not be answered at all: too short, or itself an answer (two servers would go on
 * answering each other for ever)
 */
export function readQuery(message: Buffer): DnsQuery | DnsRefusal | undefined {
  if (message.length < 12) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) !== 0) return undefined;
  const id = message.readUInt16BE(0);
  const opcode = (flags >> 11) & 0xf;
  if (opcode !== 0) return { rcode: rcode.notImplemented, id, opcode };
  const damaged: DnsRefusal = { rcode: rcode.formatError, id, opcode };
  if (message.readUInt16BE(4) !== 1) return damaged;
  const name = questionName(message);
  if (name === undefined || name.end + 4 > message.length) return damaged;
  const edns = readEdns(message, name.end + 4);
  if (edns === null) return damaged;
  return {
    id,
    recursionDesired: (flags & 0x100) !== 0,
    authenticData: (flags & 0x20) !== 0,
    checkingDisabled: (flags & 0x10) !== 0,
    wireName: Buffer.from(message.subarray(12, name.end)),
    name: name.text,
    type: message.readUInt16BE(name.end),
    class: message.readUInt16BE(name.end + 2),
    edns,
  };
}
