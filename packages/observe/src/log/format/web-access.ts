/** Access logs of nginx and Apache: common, combined, with virtual host, or of a format given as a string. */
import { isIP } from 'node:net';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, LogRecord, type Logsource, setField } from '../record.ts';
import { commonLogTime, isoTime } from '../time/parse.ts';
import { type AccessFormat, compileAccessFormat } from '../web/access-format.ts';
import { accessEvent, setRequest, setTarget } from '../web/request.ts';
import { unescapeWeb } from '../web/unescape.ts';

const quoted = '"((?:[^"\\\\]|\\\\.)*)"';
// The user name is the only bare text that a client chooses. Servers escape quotes in it, so the first
// `[time] "` is the real one.
const common = new RegExp(
  `^(\\S+) (\\S+) ((?:[^"\\\\]|\\\\.)*?) ?\\[([^\\]"]{10,40})\\] ${quoted} (\\d{3}|-) (\\d+|-)(?: ${quoted} ${quoted})?(?: (.*))?$`,
  's',
);

class AccessParser implements LineParser {
  readonly #context: ReadContext;
  readonly #custom: AccessFormat | undefined;
  readonly #logsource: Logsource;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#custom = context.accessFormat === undefined ? undefined : compileAccessFormat(context.accessFormat);
    const product = /nginx/i.test(context.name)
      ? 'nginx'
      : /apache|httpd/i.test(context.name)
        ? 'apache'
        : 'webserver';
    this.#logsource = { product, category: 'webserver', service: 'access' };
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const parsed = this.#custom === undefined ? this.#common(text) : this.#byFormat(text, this.#custom);
    if (parsed === undefined) {
      const reason = 'not an access-log line of this format';
      sink.damage({ ...place, reason, skipped: place.bytes });
      return;
    }
    const { fields, time } = parsed;
    sink.record(
      new LogRecord({
        format: 'web-access',
        name: this.#context.name,
        logsource: this.#logsource,
        time,
        fields,
        place,
        mapper: accessEvent,
      }),
    );
  }

  #common(text: string): { fields: LogFields; time: number } | undefined {
    const match = common.exec(text);
    if (match === null) return undefined;
    const [
      ,
      first = '',
      second = '',
      rest = '',
      time = '',
      request = '',
      status,
      bytes,
      referer,
      agent,
      extra,
    ] = match;
    const fields: LogFields = {};
    let user = rest;
    if (isIP(second) !== 0) {
      // With a virtual host in front everything stands one place further on.
      fields['cs-host'] = first;
      fields['c-ip'] = second;
      const space = rest.indexOf(' ');
      user = space < 0 ? '-' : rest.slice(space + 1);
    } else fields['c-ip'] = first;
    if (user !== '-' && user !== '') fields['cs-username'] = unescapeWeb(user);
    setRequest(fields, unescapeWeb(request));
    if (status !== '-') fields['sc-status'] = Number(status);
    if (bytes !== '-') fields['sc-bytes'] = Number(bytes);
    if (referer !== undefined && referer !== '-') fields['cs-referer'] = unescapeWeb(referer);
    if (agent !== undefined && agent !== '-') fields['cs-user-agent'] = unescapeWeb(agent);
    if (extra !== undefined) fields['extra'] = extra;
    return { fields, time: commonLogTime(time, this.#context.zone) };
  }

  #byFormat(text: string, { pattern, names }: AccessFormat): { fields: LogFields; time: number } | undefined {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const fields: LogFields = {};
    let time = Number.NaN;
    for (const [index, name] of names.entries()) {
      const value = unescapeWeb(match[index + 1] ?? '');
      if (name === 'time') time = this.#time(value);
      else if (name === 'request') setRequest(fields, value);
      else if (name === 'target') setTarget(fields, value);
      else if (value !== '-' && value !== '') {
        setField(fields, name, /^(?:sc-status|sc-bytes|cs-bytes)$/.test(name) ? Number(value) : value);
      }
    }
    return { fields, time };
  }

  #time(text: string): number {
    const bare = text.startsWith('[') ? text.slice(1, -1) : text;
    if (/^\d{9,11}\.\d{3}$/.test(bare)) return Math.floor(Number(bare) * 1000);
    const time = commonLogTime(bare, this.#context.zone);
    return Number.isNaN(time) ? isoTime(bare, this.#context.zone) : time;
  }
}

export const webAccess: FormatReader = {
  name: 'web-access',
  title: { en: 'nginx and Apache access log', zh: 'nginx 与 Apache 访问日志' },
  recognise: ({ lines }) =>
    lines.slice(0, 5).some(line => line.length < 10_000 && common.test(line)) ? 85 : 0,
  open: context => new LineSplitter(new AccessParser(context), context.limits.lineBytes),
};
