/** Apache HTTP Server error logs (2.4's default form and the older one without module and pid). */
import type { Event } from '@redoubt/model';
import { logEvent, textOf } from '../event/compose.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, LogRecord } from '../record.ts';
import { ctimeTime } from '../time/parse.ts';
import { setModsecurityTags } from '../web/modsecurity-tags.ts';
import { requestAttributes } from '../web/request.ts';

const head =
  /^\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:.]{8,15} \d{4})\] \[(?:([\w-]*):)?(\w+)\](?: \[pid (\d+)(?::tid (\d+))?\])?(?: \[(?:remote|client) (\S+?)(?::(\d{1,5}))?\])? ?(.*)$/s;

const product = { name: 'Apache HTTP Server', vendor_name: 'Apache' };
const logsource = { product: 'apache', category: 'webserver', service: 'error' };
const severities: Readonly<Record<string, number>> = { warn: 2, error: 3, crit: 4, alert: 5, emerg: 5 };

function toEvent(record: LogRecord): Event {
  const { fields } = record;
  return logEvent(record, fields['c-ip'] === undefined ? 'log.record' : 'http.request', product, {
    ...(fields['c-ip'] !== undefined && requestAttributes(fields)),
    severity_id: severities[textOf(fields['level']) ?? ''] ?? 1,
    message: textOf(fields['message']),
  });
}

class ApacheErrorParser implements LineParser {
  readonly #context: ReadContext;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const match = head.exec(text);
    if (match === null) {
      sink.damage({ ...place, reason: 'not an Apache error line', skipped: place.bytes });
      return;
    }
    const [, at = '', module, level, pid, tid, address, port, rest = ''] = match;
    const fields: LogFields = { level };
    if (module) fields['module'] = module;
    if (pid !== undefined) fields['pid'] = Number(pid);
    if (tid !== undefined) fields['tid'] = Number(tid);
    if (address !== undefined) fields['c-ip'] = address.replace(/^\[(.*)\]$/, '$1');
    if (port !== undefined) fields['c-port'] = Number(port);
    const code = /^(AH\d{5}): /.exec(rest);
    if (code !== null) fields['error_code'] = code[1];
    // Apache appends the referer last, so the last occurrence is the real one.
    const referer = address === undefined ? -1 : rest.lastIndexOf(', referer: ');
    fields['message'] = referer < 0 ? rest : rest.slice(0, referer);
    if (referer >= 0) fields['cs-referer'] = rest.slice(referer + ', referer: '.length);
    setModsecurityTags(fields, rest);
    const time = ctimeTime(at, this.#context.zone);
    const name = this.#context.name;
    sink.record(
      new LogRecord({ format: 'apache-error', name, logsource, time, fields, place, mapper: toEvent }),
    );
  }
}

export const apacheError: FormatReader = {
  name: 'apache-error',
  title: { en: 'Apache error log', zh: 'Apache 错误日志' },
  recognise: ({ lines }) => (lines.slice(0, 5).some(line => head.test(line)) ? 88 : 0),
  open: context => new LineSplitter(new ApacheErrorParser(context), context.limits.lineBytes),
};
