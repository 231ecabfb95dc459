/** vsftpd's own log (`xferlog_std_format=NO`), which bears the time in front of what it would write to syslog. */
import { programRecord } from '../auth/program-record.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
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
    const fields = { hostname: 'localhost', program: 'vsftpd', pid: Number(pid), message };
    const time = ctimeTime(at, this.#context.zone);
    const written = { time, program: 'vsftpd', message, facility: undefined, fields };
    sink.record(programRecord('vsftpd', this.#context.name, place, written));
  }
}

export const vsftpd: FormatReader = {
  name: 'vsftpd',
  title: { en: 'vsftpd log', zh: 'vsftpd 日志' },
  recognise: ({ lines }) => (lines.slice(0, 5).some(line => head.test(line)) ? 90 : 0),
  open: context => new LineSplitter(new VsftpdParser(context), context.limits.lineBytes),
};
