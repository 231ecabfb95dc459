/** A resolver that forwards: it judges the name, keeps answers, and asks its upstreams in turn. */
import { randomInt } from 'node:crypto';
import { parseDns } from '@redoubt/observe';
import {
  bareRefusal,
  type KeptAnswer,
  type OwnRecord,
  ownAnswer,
  questionOf,
  readAnswer,
  wireNameOf,
  writeAnswer,
} from './answer.ts';
import { AnswerCache } from './cache.ts';
import type { NamePolicy, NameVerdict } from './name-policy.ts';
import { type DnsQuery, rcode, readQuery, recordType } from './query.ts';
import { addressRecord } from './rpz.ts';
import { answersQuestion, type Upstream } from './upstream-place.ts';

/** How blocked names are answered where their list does not say. */
export type BlockAnswer = 'nxdomain' | 'nodata' | 'zero';

/** What a resolver works with. */
export interface ResolverParts {
  readonly policy: NamePolicy;
  readonly upstreams: readonly Upstream[];
  readonly blockAnswer: BlockAnswer;
  /** Told of each blocked query. */
  readonly onBlocked?: (name: string, verdict: NameVerdict) => void;
  readonly cache?: AnswerCache;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** Counters since the start. */
export type ResolverCounters = Record<
  | 'queries'
  | 'fromCache'
  | 'forwarded'
  | 'blocked'
  | 'failed'
  | 'malformed'
  | 'refused'
  | 'overloaded'
  | 'unasked',
  number
>;

/** Seconds that an answer of our own may be kept: lists change. */
const ownTtl = 60;
/** Milliseconds for one upstream; for all. An upstream that failed is asked last for a while. */
const tryTime = 1_500;
const wholeTime = 5_000;
const failedTime = 10_000;
/** Different questions under way at a time. */
const underWayLimit = 1_500;
const chainLimit = 16;

const authorityName = wireNameOf('redoubt.invalid');

/** Made once for each set of lists and upstreams. */
export class Resolver {
  readonly #parts: ResolverParts;
  readonly #cache: AnswerCache;
  readonly #now: () => number;
  readonly #underWay = new Map<string, Promise<KeptAnswer | undefined>>();
  readonly #failedUntil = new Map<Upstream, number>();
  readonly counters: ResolverCounters = {
    queries: 0,
    fromCache: 0,
    forwarded: 0,
    blocked: 0,
    failed: 0,
    malformed: 0,
    refused: 0,
    overloaded: 0,
    unasked: 0,
  };

  constructor(parts: ResolverParts) {
    this.#parts = parts;
    this.#cache = parts.cache ?? new AnswerCache();
    this.#now = parts.now ?? (() => performance.now());
  }

  get cache(): AnswerCache {
    return this.#cache;
  }

  /**
   * Answers a message. What is kept or blocked is answered at once, without a promise.
   * @returns undefined when it must not be answered
   */
  answer(message: Buffer, isStream: boolean): Buffer | undefined | Promise<Buffer | undefined> {
    this.counters.queries++;
    const query = readQuery(message);
    if (query === undefined || 'rcode' in query) {
      this.counters.malformed++;
      return query && bareRefusal(query);
    }
    const early = this.#earlyAnswer(query);
    if (early !== undefined) return early;
    const verdict = this.#parts.policy.judge(query.name);
    if (verdict !== undefined) return this.#blockedAnswer(query, verdict, isStream);
    const key = keyOf(query);
    const found = this.#cache.find(key, this.#now());
    if (found !== undefined) {
      this.counters.fromCache++;
      return writeAnswer(query, found.answer, found.age, isStream);
    }
    return this.#forwarded(query, key, isStream);
  }

  /** The REFUSED for an asker who may not ask. */
  refusal(message: Buffer): Buffer | undefined {
    this.counters.refused++;
    const query = readQuery(message);
    if (query === undefined) return undefined;
    return 'rcode' in query
      ? bareRefusal({ ...query, rcode: rcode.refused })
      : ownAnswer(query, rcode.refused);
  }

  close(): void {
    for (const upstream of this.#parts.upstreams) upstream.close();
  }

  #earlyAnswer(query: DnsQuery): Buffer | undefined {
    const { edns, class: kind, type, recursionDesired } = query;
    // BADVERS is 16: the upper bits stand in the OPT record.
    if (edns !== undefined && edns.version > 0) return ownAnswer(query, 0, [], [], 1);
    if (
      kind !== 1 ||
      type === recordType.axfr ||
      type === recordType.ixfr ||
      type === recordType.opt ||
      !recursionDesired
    ) {
      this.counters.refused++;
      return ownAnswer(query, rcode.refused);
    }
    // RFC 6761, section 6.4: nobody is to be asked for these.
    if (query.name === 'invalid' || query.name.endsWith('.invalid')) return deniedAnswer(query, 'nxdomain');
    return undefined;
  }

  async #forwarded(query: DnsQuery, key: string, isStream: boolean): Promise<Buffer> {
    const kept = await this.#resolve(query, key);
    if (kept === undefined) return ownAnswer(query, rcode.serverFailure);
    const chained = this.#judgeChain(kept);
    if (chained !== undefined) {
      const blocked = await this.#blockedAnswer(query, chained, isStream);
      return blocked ?? ownAnswer(query, rcode.refused);
    }
    return writeAnswer(query, kept, 0, isStream);
  }

  /** One question is asked once, however many wait for its answer. */
  #resolve(query: DnsQuery, key: string): Promise<KeptAnswer | undefined> {
    const running = this.#underWay.get(key);
    if (running !== undefined) return running;
    if (this.#underWay.size >= underWayLimit) {
      this.counters.overloaded++;
      return Promise.resolve(undefined);
    }
    const asked = this.#ask(query)
      .then(kept => {
        if (kept === undefined) this.counters.failed++;
        // What leads to a blocked name is judged anew each time.
        else if (this.#judgeChain(kept) === undefined) this.#cache.keep(key, kept, this.#now());
        return kept;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    return asked;
  }

  async #ask(query: DnsQuery): Promise<KeptAnswer | undefined> {
    this.counters.forwarded++;
    const now = this.#now();
    const failing = (one: Upstream): number => (Number(this.#failedUntil.get(one) ?? 0) > now ? 1 : 0);
    const inTurn = this.#parts.upstreams.toSorted((a, b) => failing(a) - failing(b));
    const end = AbortSignal.timeout(wholeTime);
    let failure: KeptAnswer | undefined;
    for (const upstream of inTurn) {
      if (end.aborted) break;
      const message = upstreamQuery(query);
      const question = query.wireName.length + 4;
      try {
        const limit = inTurn.length === 1 ? end : AbortSignal.any([end, AbortSignal.timeout(tryTime)]);
        const answer = await upstream.ask(message, limit);
        if (answersQuestion(answer, message, question) === 'no') {
          this.counters.unasked++;
          continue;
        }
        const kept = readAnswer(answer, question);
        if (kept === undefined) continue;
        if (kept.rcode !== rcode.serverFailure && kept.rcode !== rcode.refused) return kept;
        failure = kept;
      } catch {
        this.#failedUntil.set(upstream, this.#now() + failedTime);
      }
    }
    return failure;
  }

  /** A blocked name that an answer leads to through its aliases. */
  #judgeChain({ body, counts }: KeptAnswer): NameVerdict | undefined {
    if (counts[0] < 2 && !body.includes('\0\x05\0\x01')) return undefined;
    const head = Buffer.alloc(12);
    head.writeUInt16BE(0x8000, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(counts[0], 6);
    let steps = 0;
    for (const { type, rdata } of parseDns(Buffer.concat([head, body]))?.answers ?? []) {
      if (type !== 'CNAME' || ++steps > chainLimit) continue;
      const verdict = this.#parts.policy.judge(rdata.toLowerCase());
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  #blockedAnswer(
    query: DnsQuery,
    verdict: NameVerdict,
    isStream: boolean,
  ): Buffer | undefined | Promise<Buffer> {
    if (verdict.action === 'tcp' && isStream) return this.#forwarded(query, keyOf(query), true);
    this.counters.blocked++;
    this.#parts.onBlocked?.(query.name, verdict);
    if (verdict.action === 'drop') return undefined;
    if (verdict.action === 'tcp') {
      const cut = ownAnswer(query, rcode.noError);
      cut[2] = (cut[2] as number) | 2;
      return cut;
    }
    if (verdict.action === 'local') return this.#localAnswer(query, verdict);
    return deniedAnswer(query, verdict.action === 'nodata' ? 'nodata' : this.#parts.blockAnswer);
  }

  #localAnswer(query: DnsQuery, { records = [], target }: NameVerdict): Buffer | Promise<Buffer> {
    const fitting = records.filter(({ type }) => type === query.type || type === recordType.cname);
    if (target !== undefined && query.type !== recordType.cname)
      return this.#redirected(query, target, fitting);
    return fitting.length > 0 ? ownAnswer(query, rcode.noError, fitting) : deniedAnswer(query, 'nodata');
  }

  /** A name that stands in: its alias, with the addresses of what it leads to. */
  async #redirected(query: DnsQuery, target: string, alias: readonly OwnRecord[]): Promise<Buffer> {
    const owner = wireNameOf(target);
    const instead: DnsQuery = { ...query, name: target, wireName: owner, edns: undefined };
    const kept =
      this.#parts.policy.judge(target) === undefined
        ? await this.#resolve(instead, keyOf(instead))
        : undefined;
    const found: OwnRecord[] = [];
    if (kept !== undefined) {
      const parsed = parseDns(
        Buffer.concat([Buffer.from([0, 0, 0x80, 0, 0, 1, 0, kept.counts[0], 0, 0, 0, 0]), kept.body]),
      );
      for (const { type, rdata, ttl } of parsed?.answers ?? [])
        if (type === 'A' || type === 'AAAA')
          found.push({ ...addressRecord(rdata, Math.min(ttl, ownTtl)), owner });
    }
    return ownAnswer(query, rcode.noError, [...alias, ...found.slice(0, 8)]);
  }
}

/** The answer for a blocked name. A denial carries a SOA, so that it is kept for a while and no longer (RFC 2308). */
function deniedAnswer(query: DnsQuery, how: BlockAnswer): Buffer {
  if (how === 'zero' && query.type === recordType.a)
    return ownAnswer(query, rcode.noError, [{ type: recordType.a, ttl: ownTtl, data: Buffer.alloc(4) }]);
  if (how === 'zero' && query.type === recordType.aaaa)
    return ownAnswer(query, rcode.noError, [{ type: recordType.aaaa, ttl: ownTtl, data: Buffer.alloc(16) }]);
  const numbers = Buffer.alloc(20);
  [1, 3600, 600, 86_400, ownTtl].forEach((value, at) => {
    numbers.writeUInt32BE(value, at * 4);
  });
  const soa = {
    type: recordType.soa,
    ttl: ownTtl,
    data: Buffer.concat([authorityName, authorityName, numbers]),
  };
  return ownAnswer(query, how === 'nxdomain' ? rcode.nameError : rcode.noError, [], [soa]);
}

function keyOf({ name, type, edns, checkingDisabled, authenticData }: DnsQuery): string {
  const wants = (edns?.dnssecOk === true ? 1 : 0) | (checkingDisabled ? 2 : 0) | (authenticData ? 4 : 0);
  return `${type} ${wants} ${name}`;
}

/**
 * The query as we ask it: our own id and OPT record (an asker's options are for the next hop alone), its wish for
 * proofs, and a random spelling, which an answer must repeat (draft-vixie-dnsext-dns0x20).
 */
function upstreamQuery(query: DnsQuery): Buffer {
  const { checkingDisabled, authenticData, edns } = query;
  const head = Buffer.alloc(12);
  head.writeUInt16BE(randomInt(0x10000), 0);
  head.writeUInt16BE(0x100 | (checkingDisabled ? 0x10 : 0) | (authenticData ? 0x20 : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(1, 10);
  const opt = Buffer.from([
    0,
    0,
    recordType.opt,
    0x04,
    0xd0,
    0,
    0,
    edns?.dnssecOk === true ? 0x80 : 0,
    0,
    0,
    0,
  ]);
  return Buffer.concat([head, questionOf({ ...query, wireName: respelt(query.wireName) }), opt]);
}

function respelt(wireName: Buffer): Buffer {
  const spelt = Buffer.from(wireName);
  let bits = 0;
  for (let at = 0; at < spelt.length; ) {
    const length = spelt[at] as number;
    for (let index = at + 1; index <= at + length; index++) {
      if (bits <= 1) bits = randomInt(0x1000000) | 0x1000000;
      const letter = (spelt[index] as number) | 0x20;
      if (letter >= 0x61 && letter <= 0x7a && (spelt[index] as number) >= 0x41)
        spelt[index] = (bits & 1) === 1 ? letter : letter ^ 0x20;
      bits >>= 1;
    }
    at += length + 1;
  }
  return spelt;
}
