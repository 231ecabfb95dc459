/** The general query log of MySQL and MariaDB: who connected, and every statement, over as many lines as it has. */
import { HeldLines } from '../database/held-lines.ts';
import { readMysqlConnect } from '../database/mysql.ts';
import { databaseRecord } from '../database/record.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import type { LogFields } from '../record.ts';
import { mysqlTime } from '../time/parse.ts';

const commands =
  'Sleep|Quit|Init DB|Query|Field List|Create DB|Drop DB|Refresh|Shutdown|Statistics|Processlist|Connect|Kill|Debug|Ping|Time|Delayed insert|Change user|Binlog Dump|Table Dump|Connect Out|Register Slave|Register Replica|Prepare|Execute|Long Data|Close stmt|Reset stmt|Set option|Fetch|Daemon|Binlog Dump GTID|Reset Connection';
// MariaDB leaves the time out where it is that of the line before.
const head = new RegExp(
  `^(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?(?:Z|[+-]\\d\\d:\\d\\d)|\\d{6} [ \\d]\\d:\\d\\d:\\d\\d|\\t)\\t? *(\\d{1,20}) (${commands})(?:\\t(.*))?$`,
  's',
);
/** What the server writes at the top of the file when it starts. */
const banner = /^(?:\S.*, Version: .*started with:|Tcp port: .*|Time +Id +Command +Argument)$/;
/** Connections whose account is kept. */
const knownLimit = 4096;

interface Head {
  readonly time: number;
  readonly thread: string;
  readonly command: string;
}

class MysqlGeneralParser implements LineParser {
  readonly #context: ReadContext;
  readonly #held: HeldLines<Head>;
  readonly #connections = new Map<string, LogFields>();
  #lastTime = Number.NaN;

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
      const [, at = '', thread = '', command = '', argument = ''] = match;
      if (at !== '\t') this.#lastTime = mysqlTime(at, this.#context.zone);
      this.#held.begin({ time: this.#lastTime, thread, command }, argument, place);
    } else if (banner.test(text)) this.#finish(sink);
    else if (this.#held.holds) this.#held.add(text, place);
    else sink.damage({ ...place, reason: 'not a line of a MySQL general log', skipped: place.bytes });
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
    const { thread, command, time } = head;
    const fields: LogFields = { ...this.#connections.get(thread), thread_id: Number(thread), command };
    if (command === 'Connect' || command === 'Change user') {
      readMysqlConnect(fields, text);
      this.#remember(thread, fields);
      fields['message'] = text;
    } else if (command === 'Query' || command === 'Execute' || command === 'Prepare') {
      fields['statement'] = text;
      fields['message'] = `statement: ${text}`;
    } else fields['message'] = text === '' ? command : `${command}: ${text}`;
    if (command === 'Init DB') fields['database'] = text;
    if (command === 'Quit') this.#connections.delete(thread);
    if (cut > 0) sink.damage({ ...place, reason: 'statement is larger than a record may be', skipped: cut });
    sink.record(databaseRecord('mysql', 'mysql-general', this.#context.name, place, fields, time));
  }

  /** Keeps whose connection it is; the one that connected longest ago goes first. */
  #remember(thread: string, { user, database, src_ip, src_host, outcome }: LogFields): void {
    if (outcome === 'failure') return;
    const [oldest] = this.#connections.keys();
    if (this.#connections.size >= knownLimit && oldest !== undefined) this.#connections.delete(oldest);
    const known = Object.entries({ user, database, src_ip, src_host }).filter(
      ([, value]) => value !== undefined,
    );
    this.#connections.set(thread, Object.fromEntries(known));
  }
}

export const mysqlGeneral: FormatReader = {
  name: 'mysql-general',
  title: { en: 'MySQL and MariaDB general log', zh: 'MySQL 与 MariaDB 通用查询日志' },
  recognise: ({ lines }) => (lines.some(line => head.test(line)) ? 86 : 0),
  open: context => new LineSplitter(new MysqlGeneralParser(context), context.limits.lineBytes),
};
