/** The slow query log of MySQL, MariaDB and Percona: a few lines that begin with `# `, then the statement. */
import { isIP } from 'node:net';
import { HeldLines } from '../database/held-lines.ts';
import { databaseRecord } from '../database/record.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, setField } from '../record.ts';
import { mysqlTime } from '../time/parse.ts';

const time = /^# Time: (.*)$/;
const account = /^# User@Host: (.*)\[(.*)\] @ +(\S*) \[(.*?)\](?: +Id: +(\d+))?\s*$/;
const pair = /([A-Za-z_]\w{1,40}): +(\S+)/g;
const banner = /^(?:\S.*, Version: .*started with:|Tcp port: .*|Time +Id +Command +Argument)$/;
const timestamp = /^SET timestamp=(\d{9,11})(?:\.\d+)?;$/m;

class MysqlSlowParser implements LineParser {
  readonly #context: ReadContext;
  readonly #held: HeldLines<LogFields>;
  /** Whether the statement of the held record has begun. */
  #inStatement = false;
  /** MySQL writes the time only where it changed. */
  #time = Number.NaN;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#held = new HeldLines(context.limits.recordBytes);
  }

  get heldFrom(): number | undefined {
    return this.#held.heldFrom;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const at = time.exec(text);
    const who = at === null ? account.exec(text) : null;
    if (at !== null) {
      this.#finish(sink);
      this.#time = mysqlTime(at[1]?.trim() ?? '', this.#context.zone);
      return;
    }
    if (who !== null) {
      this.#finish(sink);
      this.#held.begin(accountFields(who), '', place);
      return;
    }
    if (banner.test(text)) {
      this.#finish(sink);
      return;
    }
    if (!this.#held.holds) {
      sink.damage({ ...place, reason: 'not a line of a MySQL slow log', skipped: place.bytes });
      return;
    }
    // A comment of a client looks the same, but stands in the statement.
    if (!this.#inStatement && text.startsWith('# ')) this.#held.add(text, place);
    else {
      this.#inStatement = true;
      this.#held.add(text, place);
    }
  }

  idle(sink: Sink): void {
    this.#finish(sink);
  }

  end(sink: Sink): void {
    this.#finish(sink);
  }

  #finish(sink: Sink): void {
    this.#inStatement = false;
    const done = this.#held.take();
    if (done === undefined) return;
    const { head: fields, text, place, cut } = done;
    const lines = text.split('\n').slice(1);
    const begin = lines.findIndex(line => !line.startsWith('# '));
    for (const line of begin < 0 ? lines : lines.slice(0, begin)) {
      for (const [, name = '', value = ''] of line.matchAll(pair))
        setField(fields, name.toLowerCase(), /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value);
    }
    const body = begin < 0 ? '' : lines.slice(begin).join('\n');
    const set = timestamp.exec(body);
    const statement = body
      .replace(timestamp, '')
      .replace(/^use (\S+);$/m, '')
      .trim();
    const used = /^use (\S+);$/m.exec(body)?.[1] ?? fields['schema'];
    if (used !== undefined) fields['database'] = used;
    fields['statement'] = statement;
    fields['message'] = `statement: ${statement}`;
    if (cut > 0) sink.damage({ ...place, reason: 'statement is larger than a record may be', skipped: cut });
    const at = Number.isNaN(this.#time) && set !== null ? Number(set[1]) * 1000 : this.#time;
    sink.record(databaseRecord('mysql', 'mysql-slow', this.#context.name, place, fields, at));
  }
}

function accountFields([, , user = '', host = '', ip = '', id]: RegExpExecArray): LogFields {
  const fields: LogFields = {};
  if (user !== '') fields['user'] = user;
  if (isIP(ip) !== 0) fields['src_ip'] = ip;
  if (host !== '' && host !== 'localhost') fields['src_host'] = host;
  if (id !== undefined) fields['thread_id'] = Number(id);
  return fields;
}

export const mysqlSlow: FormatReader = {
  name: 'mysql-slow',
  title: { en: 'MySQL and MariaDB slow log', zh: 'MySQL 与 MariaDB 慢查询日志' },
  recognise: ({ lines }) => (lines.some(line => account.test(line)) ? 90 : 0),
  open: context => new LineSplitter(new MysqlSlowParser(context), context.limits.lineBytes),
};
