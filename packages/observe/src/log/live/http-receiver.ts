/** Takes Windows events that Winlogbeat or a WEF collector sends as JSON over HTTP, whatever server runs it. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { mapWindowsJson } from '../format/winlogbeat.ts';
import { plainBytes } from '../input/decompress.ts';
import type { JsonMapper } from '../input/json.ts';
import { openJson } from '../input/json.ts';
import { defaultLimits } from '../limits.ts';
import { readContext } from '../read.ts';
import type { LogRecord } from '../record.ts';
import type { ClockSkew } from './clock-skew.ts';

/** A request, as any HTTP server can describe it. */
export interface EventRequest {
  readonly method: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Address of the sender. */
  readonly peer: string;
}

/** What to answer. */
export interface EventAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How to receive. */
export interface HttpReceiverOptions {
  /** Token that senders show as `Authorization: Bearer …` or `ApiKey …`. */
  readonly token: string;
  /** Most bytes of one request, decompressed; 64 MiB when left out. */
  readonly bodyBytes?: number;
  readonly clocks?: ClockSkew;
  /** Keeps records. The answer of success is only given when its promise has resolved. */
  readonly onRecords: (records: LogRecord[], peer: string) => Promise<void>;
}

const batchRecords = 1000;

class BodyTooLarge extends Error {}

/**
 * Makes the handler. It takes JSON lines, an array, or Elasticsearch's bulk form (whose action lines are passed
 * over), plain or compressed (`Content-Encoding: gzip` or `zstd`, told by its first bytes).
 */
export function windowsEventHandler(
  options: HttpReceiverOptions,
): (request: EventRequest) => Promise<EventAnswer> {
  return async request => {
    if (request.method !== 'POST' && request.method !== 'PUT') {
      return answer(405, { error: `method ${request.method} is not allowed` }, { allow: 'POST, PUT' });
    }
    if (!isAuthorized(request.headers['authorization'], options.token)) {
      return answer(401, { error: 'the token is missing or wrong' }, { 'www-authenticate': 'Bearer' });
    }
    try {
      return await take(request, options);
    } catch (error) {
      if (error instanceof BodyTooLarge) return answer(413, { error: error.message });
      // The sender keeps what was not taken and sends it again.
      return answer(503, { error: error instanceof Error ? error.message : String(error) });
    }
  };
}

async function take(request: EventRequest, options: HttpReceiverOptions): Promise<EventAnswer> {
  const limit = options.bodyBytes ?? 64 * 1024 * 1024;
  const name = `Windows events from ${request.peer}`;
  let records: LogRecord[] = [];
  let taken = 0;
  const refused: string[] = [];
  let refusedCount = 0;
  const sink = {
    record: (record: LogRecord): void => {
      const computer = record.fields['Computer'];
      if (options.clocks === undefined) record.receivedTime = Date.now();
      else options.clocks.observe(typeof computer === 'string' ? computer : request.peer, record);
      records.push(record);
    },
    damage: ({ reason, line }: { reason: string; line: number }): void => {
      if (reason === bulkAction) return;
      refusedCount += 1;
      if (refused.length < 10) refused.push(`line ${line}: ${reason}`);
    },
  };
  const hand = async (): Promise<void> => {
    const batch = records;
    records = [];
    taken += batch.length;
    await options.onRecords(batch, request.peer);
  };
  const parser = openJson(mapBulk, readContext({ name }));
  let size = 0;
  let broken: string | undefined;
  const body = plainBytes(request.body, defaultLimits, reason => {
    broken = reason;
  });
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) throw new BodyTooLarge(`the body is larger than ${limit} bytes`);
    parser.push(chunk, sink);
    if (records.length >= batchRecords) await hand();
  }
  if (broken !== undefined) return answer(400, { error: broken, taken });
  parser.end(sink);
  if (records.length > 0) await hand();
  const summary = { taken, refused: refusedCount, reasons: refused, errors: false };
  return answer(taken === 0 && refusedCount > 0 ? 400 : 200, summary);
}

const bulkAction = 'action of the bulk form';

const mapBulk: JsonMapper = (value, place, context) => {
  const keys = Object.keys(value);
  if (keys.length === 1 && /^(?:index|create)$/.test(keys[0] ?? '')) return bulkAction;
  return mapWindowsJson(value, place, context);
};

function isAuthorized(header: string | readonly string[] | undefined, token: string): boolean {
  const given = typeof header === 'string' ? /^(?:Bearer|ApiKey) (\S+)$/i.exec(header)?.[1] : undefined;
  if (given === undefined) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function answer(status: number, body: object, headers: Record<string, string> = {}): EventAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
