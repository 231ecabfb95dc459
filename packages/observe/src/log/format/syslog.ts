/**
 * Syslog of RFC 3164 and RFC 5424, as sent and as written to files (with or without priority, with BSD or
 * ISO 8601 times): /var/log/syslog, messages, auth.log, secure, cron, kern.log and the like.
 */
import { programEvent, programPeek, readProgram } from '../auth/index.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { addField, type LogFields, LogRecord, type Place, setField } from '../record.ts';
import { isoTime, YearlessClock } from '../time/parse.ts';

const priority = /^<(\d{1,3})>/;
const rfc5424 = /^1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (?=\[|-)/;
const bsdHead = /^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) (?:(\S{1,255}) )?/;
const isoHead = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) (?:(\S{1,255}) )?/;
const tag = /^([^\s:[\]]{1,128})(?:\[([^\]]{0,32})\])?: ?/;
const byteOrderMark = '\ufeff';

/** Facts of one message, before what the program says is read. */
export interface SyslogParts {
  readonly fields: LogFields;
  readonly time: number;
  readonly program: string;
  readonly message: string;
  readonly facility: number | undefined;
}

/** Structured data of RFC 5424; gives the rest of the text behind it, or undefined when it is malformed. */
function structuredData(text: string, fields: LogFields, limit: number): string | undefined {
  if (text.startsWith('-')) return text.slice(1);
  let rest = text;
  let count = 0;
  while (rest.startsWith('[')) {
    const id = /^\[([^\s=\]"]{1,128})/.exec(rest);
    if (id === null) return undefined;
    rest = rest.slice(id[0].length);
    for (;;) {
      const parameter = /^ ([^\s=\]"]{1,128})="((?:[^"\\\]]|\\.|\\)*?)"(?=[ \]])/s.exec(rest);
      if (parameter === null) break;
      count += 1;
      if (count > limit) return undefined;
      addField(fields, `${id[1]}.${parameter[1]}`, (parameter[2] ?? '').replace(/\\(["\\\]])/g, '$1'));
      rest = rest.slice(parameter[0].length);
    }
    if (!rest.startsWith(']')) return undefined;
    rest = rest.slice(1);
  }
  return rest;
}

/** Parses messages of one source; keeps the year of times that leave it out. */
export class SyslogReader {
  readonly #context: ReadContext;
  readonly #clock: YearlessClock;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#clock = new YearlessClock(context.year, context.zone);
  }

  /** @returns the parts, or the reason why the text is no syslog message */
  parse(text: string): SyslogParts | string {
    const fields: LogFields = {};
    const mark = text.startsWith('<') ? priority.exec(text) : null;
    let facility: number | undefined;
    let rest = text;
    if (mark !== null) {
      const value = Number(mark[1]);
      if (value > 191) return `syslog priority ${value} is over 191`;
      facility = value >> 3;
      fields['facility'] = facility;
      fields['severity'] = value & 7;
      rest = text.slice(mark[0].length);
    }
    const modern = rest.startsWith('1 ') ? rfc5424.exec(rest) : null;
    return modern === null
      ? this.#bsd(fields, rest, facility, mark !== null)
      : this.#rfc5424(fields, rest.slice(modern[0].length), modern, facility);
  }

  #rfc5424(
    fields: LogFields,
    rest: string,
    head: RegExpExecArray,
    facility: number | undefined,
  ): SyslogParts | string {
    const [, at = '', host = '', app = '', procid = '', msgid = ''] = head;
    const body = structuredData(rest, fields, this.#context.limits.fields);
    if (body === undefined) return 'malformed structured data';
    let message = body.startsWith(' ') ? body.slice(1) : body;
    if (message.startsWith(byteOrderMark)) message = message.slice(1);
    setHead(fields, host, app, procid);
    if (msgid !== '-') fields['msgid'] = msgid;
    fields['message'] = message;
    return { fields, time: isoTime(at, this.#context.zone), program: app, message, facility };
  }

  #bsd(fields: LogFields, text: string, facility: number | undefined, sent: boolean): SyslogParts | string {
    const head = text.charCodeAt(0) > 57 ? bsdHead.exec(text) : isoHead.exec(text);
    if (head === null && !sent) return 'not a syslog line';
    let rest = head === null ? text : text.slice(head[0].length);
    let host = head?.[2] ?? '';
    const at = head?.[1] ?? '';
    const time =
      at === ''
        ? Number.NaN
        : at.charCodeAt(0) < 58
          ? isoTime(at, this.#context.zone)
          : this.#clock.parse(at);
    if (at !== '' && Number.isNaN(time)) return `syslog time "${at}" does not exist`;
    // Local senders leave the host out: what looked like one is the tag.
    if (host.endsWith(':') && tag.test(`${host} `)) {
      rest = text.slice(at.length + 1);
      host = '';
    }
    const named = tag.exec(rest);
    const program = named?.[1] ?? '';
    const message = named === null ? rest : rest.slice(named[0].length);
    setHead(fields, host, program.slice(program.lastIndexOf('/') + 1), named?.[2] ?? '');
    fields['message'] = message;
    return { fields, time, program: program.slice(program.lastIndexOf('/') + 1), message, facility };
  }
}

function setHead(fields: LogFields, host: string, program: string, pid: string): void {
  if (host !== '' && host !== '-') fields['hostname'] = host;
  if (program !== '' && program !== '-') fields['program'] = program;
  if (pid !== '' && pid !== '-') setField(fields, 'pid', /^\d{1,10}$/.test(pid) ? Number(pid) : pid);
}

/** Makes the record of one parsed message. */
export function syslogRecord(parts: SyslogParts, name: string, place: Place): LogRecord {
  const logsource = readProgram(parts.fields, parts.program, parts.message, parts.facility);
  const { fields, time } = parts;
  const mapper = programEvent;
  return new LogRecord({ format: 'syslog', name, logsource, time, fields, place, mapper, peek: programPeek });
}

class SyslogParser implements LineParser {
  readonly #name: string;
  readonly #reader: SyslogReader;

  constructor(context: ReadContext) {
    this.#name = context.name;
    this.#reader = new SyslogReader(context);
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const parts = this.#reader.parse(text);
    if (typeof parts === 'string') sink.damage({ ...place, reason: parts, skipped: place.bytes });
    else sink.record(syslogRecord(parts, this.#name, place));
  }
}

export const syslog: FormatReader = {
  name: 'syslog',
  title: { en: 'Syslog and auth.log', zh: '系统日志与认证日志（syslog、auth.log）' },
  recognise({ lines }) {
    const some = lines.slice(0, 5).some(line => {
      const rest = line.replace(priority, '');
      return (
        rfc5424.test(rest) ||
        bsdHead.test(rest) ||
        (isoHead.test(rest) && /^\S+ \S+ \S+?(?:\[\d+\])?:/.test(rest))
      );
    });
    return some ? 75 : 0;
  },
  open: context => new LineSplitter(new SyslogParser(context), context.limits.lineBytes),
};
