/** PostgreSQL's `log_destination = csvlog`: 23 columns in version 9, 24 from 13, 26 from 14 on. */
import { HeldLines } from '../database/held-lines.ts';
import { PostgresqlLogins } from '../database/postgresql.ts';
import { setPostgresqlMessage } from '../database/postgresql-columns.ts';
import { databaseRecord } from '../database/record.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import type { LogFields } from '../record.ts';
import { postgresqlTime } from '../time/parse.ts';

const columns =
  'log_time user database pid connection_from session_id session_line_num command_tag session_start_time virtual_transaction_id transaction_id level sql_state_code text detail hint internal_query internal_query_pos context statement query_pos location application backend_type leader_pid query_id'.split(
    ' ',
  );
const leastColumns = 23;

/** The cells of one record; undefined when its quotes do not pair. */
function cellsOf(text: string): string[] | undefined {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      let cell = '';
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end < 0) return undefined;
        cell += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
      cells.push(cell);
    } else {
      const end = text.indexOf(',', at);
      cells.push(text.slice(at, end < 0 ? text.length : end));
      at = end < 0 ? text.length : end;
    }
    if (at >= text.length) return cells;
    if (text[at] !== ',') return undefined;
    at += 1;
    if (cells.length > columns.length + 8) return undefined;
  }
}

const opens = (text: string): boolean => (text.split('"').length - 1) % 2 === 1;
const begins = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? (?:[A-Z]{1,5}|[+-]\d\d(?::?\d\d)?),/;

class PostgresqlCsvParser implements LineParser {
  readonly #context: ReadContext;
  readonly #held: HeldLines<true>;
  readonly #logins = new PostgresqlLogins();
  #open = false;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#held = new HeldLines(context.limits.recordBytes);
  }

  get heldFrom(): number | undefined {
    return this.#held.heldFrom;
  }

  /**
   * A record ends with the line in which its quotes pair. A line that looks like a first one may be a client's own
   * words inside a statement, so that it ends the record before only when that one is too large to be one: a torn
   * record costs at most that much.
   */
  line(text: string, place: LinePlace, sink: Sink): void {
    if (this.#open && this.#held.overfull && begins.test(text) && !opens(text)) this.#torn(sink);
    if (this.#open) this.#held.add(text, place);
    else this.#held.begin(true, text, place);
    this.#open = opens(text) !== this.#open;
    if (!this.#open) this.#finish(sink);
  }

  end(sink: Sink): void {
    if (this.#open) this.#torn(sink);
  }

  #torn(sink: Sink): void {
    this.#open = false;
    const done = this.#held.take();
    if (done === undefined) return;
    sink.damage({
      ...done.place,
      reason: 'PostgreSQL CSV record is torn',
      skipped: done.place.bytes + done.cut,
    });
  }

  #finish(sink: Sink): void {
    const done = this.#held.take();
    if (done === undefined) return;
    const { text, place, cut } = done;
    const cells = cut > 0 ? undefined : cellsOf(text);
    if (cells === undefined || cells.length < leastColumns || !begins.test(text)) {
      const reason = cut > 0 ? 'record is larger than a record may be' : 'not a PostgreSQL CSV record';
      sink.damage({ ...place, reason, skipped: place.bytes + cut });
      return;
    }
    const fields: LogFields = {};
    for (const [index, cell] of cells.entries()) {
      const name = columns[index];
      if (name !== undefined && name !== 'log_time' && cell !== '') fields[name] = cell;
    }
    const from = /^(.*?)(?::(\d{1,5}))?$/.exec(cells[4] ?? '');
    if (from?.[1] && from[1] !== '[local]') {
      fields['src_ip'] = from[1];
      if (from[2] !== undefined) fields['src_port'] = Number(from[2]);
    }
    if (fields['pid'] !== undefined) fields['pid'] = Number(fields['pid']);
    setPostgresqlMessage(fields, this.#logins);
    const time = postgresqlTime(cells[0] ?? '', this.#context.zone);
    sink.record(databaseRecord('postgresql', 'postgresql-csv', this.#context.name, place, fields, time));
  }
}

export const postgresqlCsv: FormatReader = {
  name: 'postgresql-csv',
  title: { en: 'PostgreSQL log, CSV', zh: 'PostgreSQL 日志（CSV）' },
  recognise: ({ lines }) => {
    const first = lines[0] ?? '';
    return begins.test(first) && first.split(',').length >= 12 ? 92 : 0;
  },
  open: context => new LineSplitter(new PostgresqlCsvParser(context), context.limits.recordBytes),
};
