/** The error log of MySQL 5.7 and 8, and of MariaDB. Lines without a head continue a message (stacks, statistics). */
import { HeldLines } from '../database/held-lines.ts';
import { readMysqlLogin } from '../database/mysql.ts';
import { databaseRecord } from '../database/record.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import type { LogFields } from '../record.ts';
import { mysqlTime } from '../time/parse.ts';

const head =
  /^(\d{4}-\d\d-\d\d[T ][ \d]\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?|\d{6} [ \d]\d:\d\d:\d\d) (?:(\d{1,20}) )?\[(System|Note|Warning|Warn|ERROR|Error)\] (?:\[(MY-\d{6})\] \[(\w+)\] )?(.*)$/s;

interface Head {
  readonly time: string;
  readonly fields: LogFields;
}

class MysqlErrorParser implements LineParser {
  readonly #context: ReadContext;
  readonly #held: HeldLines<Head>;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#held = new HeldLines(context.limits.recordBytes);
  }

  get heldFrom(): number | undefined {
    return this.#held.heldFrom;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const match = head.exec(text);
    if (match === null) {
      if (this.#held.holds) this.#held.add(text, place);
      else sink.damage({ ...place, reason: 'not a line of a MySQL error log', skipped: place.bytes });
      return;
    }
    this.#finish(sink);
    const [, time = '', thread, level = '', code, subsystem, message = ''] = match;
    const fields: LogFields = { level: /^warn/i.test(level) ? 'Warning' : level };
    if (thread !== undefined) fields['thread_id'] = Number(thread);
    if (code !== undefined) fields['error_code'] = code;
    if (subsystem !== undefined) fields['subsystem'] = subsystem;
    this.#held.begin({ time, fields }, message, place);
  }

  idle(sink: Sink): void {
    this.#finish(sink);
  }

  end(sink: Sink): void {
    this.#finish(sink);
  }

  #finish(sink: Sink): void {
    const done = this.#held.take();
    if (done === undefined) return;
    const { head, text, place, cut } = done;
    const { fields } = head;
    fields['message'] = text;
    readMysqlLogin(fields, text);
    if (cut > 0) sink.damage({ ...place, reason: 'message is larger than a record may be', skipped: cut });
    const time = mysqlTime(head.time, this.#context.zone);
    sink.record(databaseRecord('mysql', 'mysql-error', this.#context.name, place, fields, time));
  }
}

export const mysqlError: FormatReader = {
  name: 'mysql-error',
  title: { en: 'MySQL and MariaDB error log', zh: 'MySQL 与 MariaDB 错误日志' },
  recognise: ({ lines }) => (lines.some(line => head.test(line)) ? 84 : 0),
  open: context => new LineSplitter(new MysqlErrorParser(context), context.limits.lineBytes),
};
