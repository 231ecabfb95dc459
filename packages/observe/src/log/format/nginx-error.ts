/** nginx error logs. */
import { isIP } from 'node:net';
import type { Event } from '@redoubt/model';
import { logEvent, textOf } from '../event/compose.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, LogRecord } from '../record.ts';
import { nginxErrorTime } from '../time/parse.ts';
import { setModsecurityTags } from '../web/modsecurity-tags.ts';
import { requestAttributes, setRequest } from '../web/request.ts';

const head = /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[(\w+)\] (\d+)#(\d+): (?:\*(\d+) )?(.*)$/s;
const strictTail =
  /^, client: (\S+?), server: ([^"]*?)(?:, request: "([^" ]+ [^" ]+(?: HTTP\/[\d.]+)?)")?(?:, subrequest: "([^"]*)")?(?:, upstream: "([^"]*)")?(?:, host: "([^"]*)")?(?:, referrer: "([^"]*)")?$/s;
const looseTail =
  /^, client: (\S+?), server: (.*?)(?:, request: "(.*?)")?(?:, upstream: "(.*?)")?(?:, host: "(.*?)")?(?:, referrer: "(.*)")?$/s;
const candidateLimit = 32;

const product = { name: 'nginx', vendor_name: 'F5' };
const logsource = { product: 'nginx', category: 'webserver', service: 'error' };
const severities: Readonly<Record<string, number>> = { warn: 2, error: 3, crit: 4, alert: 5, emerg: 5 };

function toEvent(record: LogRecord): Event {
  const { fields } = record;
  return logEvent(record, fields['c-ip'] === undefined ? 'log.record' : 'http.request', product, {
    ...(fields['c-ip'] !== undefined && requestAttributes(fields)),
    severity_id: severities[textOf(fields['level']) ?? ''] ?? 1,
    message: textOf(fields['message']),
  });
}

/**
 * Splits the message from the connection's facts, which nginx appends without escaping. Path and request are
 * a client's own words and may forge such facts, so: when nginx complains of the request line itself, its
 * message is fixed text and the first occurrence is the real one; otherwise the last that fits to the end.
 */
function setFacts(fields: LogFields, text: string): void {
  const starts: number[] = [];
  for (let at = text.indexOf(', client: '); at >= 0; at = text.indexOf(', client: ', at + 1)) {
    starts.push(at);
    if (starts.length > candidateLimit) starts.shift();
  }
  const addresses = new Set<string>();
  for (const start of starts) {
    const address = /^, client: ([^,\s]+)/.exec(text.slice(start, start + 80))?.[1] ?? '';
    if (isIP(address) !== 0 || address === 'unix:') addresses.add(address);
  }
  const order = text.startsWith('client sent ') ? starts : starts.toReversed();
  for (const tail of [strictTail, looseTail]) {
    for (const start of order) {
      const match = tail.exec(text.slice(start));
      if (match === null || (isIP(match[1] ?? '') === 0 && match[1] !== 'unix:')) continue;
      const strict = tail === strictTail;
      fields['message'] = text.slice(0, start);
      fields['c-ip'] = match[1];
      if (match[2]) fields['s-computername'] = match[2];
      if (match[3] !== undefined) setRequest(fields, match[3]);
      const upstream = strict ? match[5] : match[4];
      const host = strict ? match[6] : match[5];
      const referrer = strict ? match[7] : match[6];
      if (upstream !== undefined) fields['upstream'] = upstream;
      if (host !== undefined) fields['cs-host'] = host;
      if (referrer !== undefined) fields['cs-referer'] = referrer;
      if (addresses.size > 1) fields['client_candidates'] = [...addresses];
      return;
    }
  }
  fields['message'] = text;
}

class NginxErrorParser implements LineParser {
  readonly #context: ReadContext;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const match = head.exec(text);
    if (match === null) {
      sink.damage({ ...place, reason: 'not an nginx error line', skipped: place.bytes });
      return;
    }
    const fields: LogFields = { level: match[2], pid: Number(match[3]), tid: Number(match[4]) };
    if (match[5] !== undefined) fields['connection'] = Number(match[5]);
    setFacts(fields, match[6] ?? '');
    setModsecurityTags(fields, match[6] ?? '');
    const time = nginxErrorTime(match[1] ?? '', this.#context.zone);
    const name = this.#context.name;
    sink.record(
      new LogRecord({ format: 'nginx-error', name, logsource, time, fields, place, mapper: toEvent }),
    );
  }
}

export const nginxError: FormatReader = {
  name: 'nginx-error',
  title: { en: 'nginx error log', zh: 'nginx 错误日志' },
  recognise: ({ lines }) => (lines.slice(0, 5).some(line => head.test(line)) ? 90 : 0),
  open: context => new LineSplitter(new NginxErrorParser(context), context.limits.lineBytes),
};
