/** vsftpd's own log (`xferlog_std_format=NO`), which bears the time in front of what it would write to syslog. */
import { programEvent, readProgram } from '../auth/index.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, LogRecord } from '../record.ts';
import { ctimeTime } from '../time/parse.ts';

const head =
  /^([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}) \[pid (\d{1,10})\] ((?:\[.*\] )?(?:OK|FAIL|CONNECT|FTP|DEBUG)\b.*)$/s;

class VsftpdParser implements LineParser {
  readonly #context: ReadContext;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const match = head.exec(text);
    if (match === null) {
      sink.damage({ ...place, reason: 'not a vsftpd line', skipped: place.bytes });
      return;
    }
    const [, at = '', pid = '', message = ''] = match;
    const fields: LogFields = { hostname: 'localhost', program: 'vsftpd', pid: Number(pid), message };
    const logsource = readProgram(fields, 'vsftpd', message);
    const time = ctimeTime(at, this.#context.zone);
    const { name } = this.#context;
    sink.record(
      new LogRecord({ format: 'vsftpd', name, logsource, time, fields, place, mapper: programEvent }),
    );
  }
}

export const vsftpd: FormatReader = {
  name: 'vsftpd',
  title: { en: 'vsftpd log', zh: 'vsftpd 日志' },
  recognise: ({ lines }) => (lines.slice(0, 5).some(line => head.test(line)) ? 90 : 0),
  open: context => new LineSplitter(new VsftpdParser(context), context.limits.lineBytes),
};
