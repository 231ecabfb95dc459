/**
 * PostgreSQL's own log (`log_destination = stderr`), with any `log_line_prefix` that begins with a time: Debian's
 * `%m [%p] %q%u@%d `, and those with `user=…,db=…,client=…`. Lines that begin with a tab continue a message.
 */
import { HeldLines } from '../database/held-lines.ts';
import { PostgresqlLogins, sqlOf } from '../database/postgresql.ts';
import { databaseRecord } from '../database/record.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, setField } from '../record.ts';
import { postgresqlTime } from '../time/parse.ts';

const words =
  'DEBUG[1-5]?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT';
const head = new RegExp(
  `^(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})? ?(?:[A-Z]{1,5}|[+-]\\d\\d(?::?\\d\\d)?)?)(?: (.{0,500}?))??[ :,]*\\b(${words}): {1,2}(.*)$`,
  's',
);
const pid = /\[(\d{1,10})(?:-\d+)?\]/;
const account = /(?:^|\s)([^\s=@[\],]{1,63}|\[unknown\])@([^\s=@[\],]{1,63}|\[unknown\])(?=\s|,|:|$)/;
const pair = /\b(user|db|database|app|client|host|remote)=([^,\s]*)/g;
const names: Readonly<Record<string, string>> = {
  user: 'user',
  db: 'database',
  database: 'database',
  app: 'application',
  client: 'src_ip',
  host: 'src_ip',
  remote: 'src_ip',
};

/** What a prefix says: process, account, database, application, client. */
function prefixFields(prefix: string): LogFields {
  const fields: LogFields = {};
  const process = pid.exec(prefix)?.[1];
  if (process !== undefined) fields['pid'] = Number(process);
  const pairs = [...prefix.matchAll(pair)];
  for (const [, key = '', value = ''] of pairs) {
    const name = names[key] ?? '';
    // `%r` writes the port behind the address in brackets.
    const plain = name === 'src_ip' ? value.replace(/\(\d+\)$/, '') : value;
    if (plain !== '' && plain !== '[unknown]' && plain !== '[local]') setField(fields, name, plain);
  }
  const named = pairs.length === 0 ? account.exec(prefix) : null;
  if (named?.[1] !== undefined && named[1] !== '[unknown]') fields['user'] = named[1];
  if (named?.[2] !== undefined && named[2] !== '[unknown]') fields['database'] = named[2];
  return fields;
}

interface Head {
  readonly time: string;
  readonly prefix: string;
  readonly severity: string;
}

class PostgresqlParser implements LineParser {
  readonly #context: ReadContext;
  readonly #held: HeldLines<Head>;
  readonly #logins = new PostgresqlLogins();

  constructor(context: ReadContext) {
    this.#context = context;
    this.#held = new HeldLines(context.limits.recordBytes);
  }

  get heldFrom(): number | undefined {
    return this.#held.heldFrom;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const match = head.exec(text);
    if (match !== null) {
      this.#finish(sink);
      const [, time = '', prefix = '', severity = '', message = ''] = match;
      this.#held.begin({ time, prefix, severity }, message, place);
    } else if (text.startsWith('\t') && this.#held.holds) this.#held.add(text.slice(1), place);
    else {
      this.#finish(sink);
      sink.damage({ ...place, reason: 'not a PostgreSQL log line', skipped: place.bytes });
    }
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
    const { severity } = head;
    const fields: LogFields = { level: severity, ...prefixFields(head.prefix) };
    this.#logins.read(fields, severity, text);
    const sql = sqlOf(severity, text);
    if (sql !== undefined) fields['statement'] = sql;
    fields['message'] = `${severity}:  ${text}`;
    if (cut > 0) sink.damage({ ...place, reason: 'message is larger than a record may be', skipped: cut });
    const time = postgresqlTime(head.time, this.#context.zone);
    sink.record(databaseRecord('postgresql', 'postgresql', this.#context.name, place, fields, time));
  }
}

export const postgresql: FormatReader = {
  name: 'postgresql',
  title: { en: 'PostgreSQL log', zh: 'PostgreSQL 日志' },
  recognise: ({ lines }) => (lines.slice(0, 5).some(line => head.test(line)) ? 85 : 0),
  open: context => new LineSplitter(new PostgresqlParser(context), context.limits.lineBytes),
};
