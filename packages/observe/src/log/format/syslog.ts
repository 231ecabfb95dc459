/**
 * Syslog of RFC 3164 and RFC 5424, as sent and as written to files (with or without priority, with BSD or
 * ISO 8601 times): /var/log/syslog, messages, auth.log, secure, cron, kern.log and the like.
 */
import { type ProgramMessage, programRecord } from '../auth/program-record.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { addField, type LogFields, type LogRecord, type Place, setField } from '../record.ts';
import { isoTime, rfc3339Time, YearlessClock } from '../time/parse.ts';

const priority = /^<(\d{1,3})>/;
const rfc5424 = /^1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (?=\[|-)/;
const bsdHead = /^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) (?:(\S{1,255}) )?/;
const isoHead = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) (?:(\S{1,255}) )?/;
const tag = /^([^\s:[\]]{1,128})(?:\[([^\]]{0,32})\])?: ?/;
const space = 0x20;
const colon = 0x3a;
const bracket = 0x5b;
const isWord = (code: number): boolean => code > space && code < 0x7f;
const byteOrderMark = '\ufeff';

/** One message. Its fields are put together when they are first asked for. */
export class SyslogMessage implements ProgramMessage {
  readonly time: number;
  readonly priority: number | undefined;
  readonly host: string;
  readonly program: string;
  readonly pid: string;
  readonly message: string;
  /** Structured data and the like. */
  readonly more: LogFields | undefined;
  #fields: LogFields | undefined;

  constructor(
    time: number,
    priority: number | undefined,
    host: string,
    program: string,
    pid: string,
    message: string,
    more?: LogFields,
  ) {
    this.time = time;
    this.priority = priority;
    this.host = host;
    this.program = program;
    this.pid = pid;
    this.message = message;
    this.more = more;
  }

  get facility(): number | undefined {
    return this.priority === undefined ? undefined : this.priority >> 3;
  }

  get fields(): LogFields {
    this.#fields ??= this.#gathered();
    return this.#fields;
  }

  #gathered(): LogFields {
    const { priority, host, program, pid, message, more } = this;
    const fields: LogFields = {};
    if (priority !== undefined) {
      fields['facility'] = priority >> 3;
      fields['severity'] = priority & 7;
    }
    if (more !== undefined) Object.defineProperties(fields, Object.getOwnPropertyDescriptors(more));
    if (host !== '' && host !== '-') fields['hostname'] = host;
    if (program !== '' && program !== '-') fields['program'] = program;
    if (pid !== '' && pid !== '-') fields['pid'] = /^\d{1,10}$/.test(pid) ? Number(pid) : pid;
    fields['message'] = message;
    return fields;
  }
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

  /** @returns the message, or the reason why the text is none */
  parse(text: string): SyslogMessage | string {
    const mark = text.startsWith('<') ? priority.exec(text) : null;
    const value = mark === null ? undefined : Number(mark[1]);
    if (value !== undefined && value > 191) return `syslog priority ${value} is over 191`;
    const rest = mark === null ? text : text.slice(mark[0].length);
    const modern = rest.startsWith('1 ') ? rfc5424.exec(rest) : null;
    return modern === null
      ? (this.#plain(rest, value) ?? this.#bsd(rest, value))
      : this.#rfc5424(rest.slice(modern[0].length), modern, value);
  }

  #rfc5424(rest: string, head: RegExpExecArray, priority: number | undefined): SyslogMessage | string {
    const [, at = '', host = '', program = '', pid = '', msgid = ''] = head;
    const more: LogFields = {};
    const body = structuredData(rest, more, this.#context.limits.fields);
    if (body === undefined) return 'malformed structured data';
    let message = body.startsWith(' ') ? body.slice(1) : body;
    if (message.startsWith(byteOrderMark)) message = message.slice(1);
    if (msgid !== '-') setField(more, 'msgid', msgid);
    const time = isoTime(at, this.#context.zone);
    return new SyslogMessage(time, priority, host, program, pid, message, more);
  }

  /** What servers write today, `2026-03-01T10:00:00.1+08:00 host tag: message`, read without searching; else undefined. */
  #plain(text: string, priority: number | undefined): SyslogMessage | undefined {
    const stamp = text.indexOf(' ');
    const time = rfc3339Time(text, stamp);
    if (Number.isNaN(time)) return undefined;
    const end = text.indexOf(' ', stamp + 1);
    if (!isHost(text, stamp + 1, end)) return undefined;
    return tagged(text, end + 1, time, priority, text.slice(stamp + 1, end));
  }

  #bsd(text: string, priority: number | undefined): SyslogMessage | string {
    const head = text.charCodeAt(0) > 57 ? bsdHead.exec(text) : isoHead.exec(text);
    if (head === null && priority === undefined) return 'not a syslog line';
    const host = head?.[2] ?? '';
    const at = head?.[1] ?? '';
    const time =
      at === ''
        ? Number.NaN
        : at.charCodeAt(0) < 58
          ? isoTime(at, this.#context.zone)
          : this.#clock.parse(at);
    if (at !== '' && Number.isNaN(time)) return `syslog time "${at}" does not exist`;
    // Local senders leave the host out: what looked like one is the tag.
    const isTag = host.endsWith(':') && /^[^\s:[\]]{1,128}(?:\[[^\]]{0,32}\])?:/.test(host);
    return isTag
      ? tagged(text, at.length + 1, time, priority, '')
      : tagged(text, head?.[0].length ?? 0, time, priority, host);
  }
}

/** Whether a host stands there, a word of at most 255 characters of ASCII, and not a tag with its colon. */
function isHost(text: string, from: number, to: number): boolean {
  if (to <= from || to - from > 255 || text.charCodeAt(to - 1) === colon) return false;
  for (let at = from; at < to; at++) if (!isWord(text.charCodeAt(at))) return false;
  return true;
}

/** The message whose tag, `program[pid]: `, begins at a place, if it has one. */
function tagged(
  text: string,
  from: number,
  time: number,
  priority: number | undefined,
  host: string,
): SyslogMessage {
  let at = from;
  let code = text.charCodeAt(at);
  while (isWord(code) && code !== colon && code !== bracket) code = text.charCodeAt(++at);
  const path = text.slice(from, at);
  const closing = code === bracket ? text.indexOf(']', at) : -1;
  const pid = closing < 0 ? '' : text.slice(at + 1, closing);
  if (closing >= 0) at = closing + 1;
  const isTag = text.charCodeAt(at) === colon && path !== '' && path.length <= 128 && pid.length <= 32;
  // Other characters, or none of this: as the definition says.
  if (!isTag || path.includes(']')) return defined(text.slice(from), time, priority, host);
  const message = text.slice(text.charCodeAt(at + 1) === space ? at + 2 : at + 1);
  return new SyslogMessage(time, priority, host, baseName(path), pid, message);
}

function defined(text: string, time: number, priority: number | undefined, host: string): SyslogMessage {
  const [whole = '', path = '', pid = ''] = tag.exec(text) ?? [];
  return new SyslogMessage(time, priority, host, baseName(path), pid, text.slice(whole.length));
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Makes the record of one message. */
export function syslogRecord(message: SyslogMessage, name: string, place: Place): LogRecord {
  return programRecord('syslog', name, place, message);
}

class SyslogParser implements LineParser {
  readonly #name: string;
  readonly #reader: SyslogReader;

  constructor(context: ReadContext) {
    this.#name = context.name;
    this.#reader = new SyslogReader(context);
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const message = this.#reader.parse(text);
    if (typeof message === 'string') sink.damage({ ...place, reason: message, skipped: place.bytes });
    else sink.record(syslogRecord(message, this.#name, place));
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
