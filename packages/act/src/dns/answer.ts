/** Answers: kept as the upstream sent them, written anew for each asker (RFC 1035, 2308, 6891). */
import { type DnsQuery, type DnsRefusal, rcode, recordType } from './query.ts';

/** What an upstream answered, without header and OPT record, so that it can be given to anyone. */
export interface KeptAnswer {
  /** Question and records as they came; names in it point into the question, which begins at offset 12. */
  readonly body: Buffer;
  /** Offsets of the times to live, in the body. */
  readonly ttls: readonly number[];
  readonly rcode: number;
  /** Upper eight bits of the response code (RFC 6891). */
  readonly extendedRcode: number;
  /** AD: the upstream has validated it (RFC 4035). */
  readonly authentic: boolean;
  readonly counts: readonly [answers: number, authority: number, additional: number];
  /** Seconds that it may be kept; 0 for not at all. */
  readonly keep: number;
}

/** Records of one message that are looked at. A message of 64 KB cannot hold more of any use. */
const recordLimit = 4096;
/** Longest times to keep an answer, a denial (RFC 2308, section 5) and a failure (RFC 9520), seconds. */
const keepLimit = 86_400;
const denialLimit = 10_800;
const failureKept = 5;
const headerSize = 12;

function skipName(message: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = message[at];
    if (length === undefined) return -1;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2 <= message.length ? at + 2 : -1;
    if (length > 63) return -1;
    at += length + 1;
  }
}

/**
 * Takes an upstream's answer apart.
 * @param question length of the question section, which has been compared already
 * @returns undefined when it is damaged
 */
export function readAnswer(message: Buffer, question: number): KeptAnswer | undefined {
  const flags = message.readUInt16BE(2);
  const counts = [6, 8, 10].map(at => message.readUInt16BE(at)) as [number, number, number];
  const total = counts[0] + counts[1] + counts[2];
  if (total > recordLimit) return undefined;
  const ttls: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  let denial = -1;
  let extendedRcode = 0;
  let at = headerSize + question;
  for (let index = 0; index < total; index++) {
    const head = skipName(message, at);
    if (head < 0 || head + 10 > message.length) return undefined;
    const type = message.readUInt16BE(head);
    const end = head + 10 + message.readUInt16BE(head + 8);
    if (end > message.length) return undefined;
    if (type === recordType.opt) {
      extendedRcode = message[head + 4] as number;
      // What stands behind it is additional anyway, and could not be moved without breaking its names.
      counts[2] = index - counts[0] - counts[1];
      if (counts[2] < 0) return undefined;
      break;
    }
    const ttl = message.readUInt32BE(head + 4);
    // The uppermost bit set means zero (RFC 2181, section 8).
    const seconds = ttl > 0x7fffffff ? 0 : ttl;
    ttls.push(head + 4 - headerSize);
    least = Math.min(least, seconds);
    if (type === recordType.soa && index >= counts[0] && end - head - 10 >= 22)
      denial = Math.min(seconds, message.readUInt32BE(end - 4), denialLimit);
    at = end;
  }
  const code = flags & 0xf;
  const isDenial = code === rcode.nameError || (code === rcode.noError && counts[0] === 0);
  const keep =
    code === rcode.serverFailure
      ? failureKept
      : code !== rcode.noError && code !== rcode.nameError
        ? 0
        : isDenial
          ? Math.max(denial, 0)
          : Math.min(least, keepLimit);
  return {
    body: Buffer.from(message.subarray(headerSize, at)),
    ttls,
    rcode: code,
    extendedRcode,
    authentic: (flags & 0x20) !== 0,
    counts,
    keep,
  };
}

/** Room that an asker has: what it says in its OPT record, within what travels unfragmented (RFC 9715). */
const ownPayload = 1232;

function optRecord(query: DnsQuery, extendedRcode: number): Buffer {
  if (query.edns === undefined) return Buffer.alloc(0);
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(recordType.opt, 1);
  opt.writeUInt16BE(ownPayload, 3);
  opt[5] = extendedRcode;
  if (query.edns.dnssecOk) opt[7] = 0x80;
  return opt;
}

function header(query: DnsQuery, flags: number, counts: readonly number[]): Buffer {
  const head = Buffer.alloc(headerSize);
  const { id, recursionDesired, checkingDisabled, edns } = query;
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(0x8080 | (recursionDesired ? 0x100 : 0) | (checkingDisabled ? 0x10 : 0) | flags, 2);
  head.writeUInt16BE(1, 4);
  counts.forEach((count, index) => {
    head.writeUInt16BE(count + (index === 2 && edns !== undefined ? 1 : 0), 6 + index * 2);
  });
  return head;
}

/** The question section of a query. */
export function questionOf({
  wireName,
  type,
  class: kind,
}: Pick<DnsQuery, 'wireName' | 'type' | 'class'>): Buffer {
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(kind, 2);
  return Buffer.concat([wireName, tail]);
}

/** Most bytes of an answer over UDP to this asker. */
function roomOf({ edns }: DnsQuery): number {
  return edns === undefined ? 512 : Math.min(edns.payload, ownPayload);
}

/**
 * The answer for one asker.
 * @param age seconds since it was kept
 * @param isStream over TCP, where it may be of any length; else a longer one is cut and marked so (TC)
 */
export function writeAnswer(query: DnsQuery, kept: KeptAnswer, age: number, isStream: boolean): Buffer {
  const { authenticData, edns } = query;
  const wantsProof = authenticData || edns?.dnssecOk === true;
  const flags = kept.rcode | (kept.authentic && wantsProof ? 0x20 : 0);
  const opt = optRecord(query, kept.extendedRcode);
  const question = questionOf(query);
  if (!isStream && headerSize + kept.body.length + opt.length > roomOf(query))
    return Buffer.concat([header(query, flags | 0x200, [0, 0, 0]), question, opt]);
  const message = Buffer.concat([header(query, flags, kept.counts), kept.body, opt]);
  // As the asker spelt it: some compare (0x20).
  question.copy(message, headerSize);
  for (const at of kept.ttls) {
    const ttl = message.readUInt32BE(headerSize + at);
    message.writeUInt32BE(Math.max((ttl > 0x7fffffff ? 0 : ttl) - age, 0), headerSize + at);
  }
  return message;
}

/** A record that we make ourselves. */
export interface OwnRecord {
  /** Wire form; the name asked for when absent. */
  readonly owner?: Buffer;
  readonly type: number;
  readonly ttl: number;
  readonly data: Buffer;
}

/**
 * An answer that we make ourselves.
 * @param authority records of the authority section: for a denial, the SOA that says how long it may be kept
 */
export function ownAnswer(
  query: DnsQuery,
  code: number,
  answers: readonly OwnRecord[] = [],
  authority: readonly OwnRecord[] = [],
  extendedRcode = 0,
): Buffer {
  const records = [...answers, ...authority].map(({ owner, type, ttl, data }) => {
    const head = Buffer.alloc(10);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(1, 2);
    head.writeUInt32BE(ttl, 4);
    head.writeUInt16BE(data.length, 8);
    return Buffer.concat([owner ?? Buffer.from([0xc0, headerSize]), head, data]);
  });
  const counts = [answers.length, authority.length, 0];
  return Buffer.concat([
    header(query, code, counts),
    questionOf(query),
    ...records,
    optRecord(query, extendedRcode),
  ]);
}

/** A bare header with a response code, for what could not be read as a query. */
export function bareRefusal({ id, opcode, rcode: code }: DnsRefusal): Buffer {
  const head = Buffer.alloc(headerSize);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(0x8000 | (opcode << 11) | code, 2);
  return head;
}

/** A name in wire form. @throws Error when a label or the name is too long */
export function wireNameOf(name: string): Buffer {
  const parts: Buffer[] = [];
  for (const label of name.replace(/\.$/, '').split('.')) {
    if (label === '') continue;
    const bytes = Buffer.from(
      label.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number(code) & 255)),
      'latin1',
    );
    if (bytes.length > 63) throw new Error(`a label of ${name} is longer than 63 bytes`);
    parts.push(Buffer.from([bytes.length]), bytes);
  }
  const wire = Buffer.concat([...parts, Buffer.from([0])]);
  if (wire.length > 255) throw new Error(`${name} is longer than 255 bytes`);
  return wire;
}
