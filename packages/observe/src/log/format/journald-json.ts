/** systemd's journal as JSON (`journalctl -o json`). */
import { programEvent, readProgram } from '../auth/index.ts';
import type { FormatReader } from '../format.ts';
import { type JsonMapper, openJson } from '../input/json.ts';
import { type LogFields, type LogFormat, LogRecord, type Place, setField } from '../record.ts';

/** Makes a record of a journal entry. Times are microseconds since the epoch, in decimal text. */
export function journalRecord(
  format: LogFormat,
  name: string,
  place: Place,
  fields: LogFields,
): LogRecord | string {
  const micros = Number(fields['__REALTIME_TIMESTAMP'] ?? fields['_SOURCE_REALTIME_TIMESTAMP']);
  if (!Number.isFinite(micros)) return 'journal entry without __REALTIME_TIMESTAMP';
  const program = fields['SYSLOG_IDENTIFIER'] ?? fields['_COMM'];
  const message = fields['MESSAGE'];
  const facility = Number(fields['SYSLOG_FACILITY']);
  const logsource = readProgram(
    fields,
    typeof program === 'string' ? program : '',
    typeof message === 'string' ? message : '',
    Number.isInteger(facility) ? facility : undefined,
  );
  // Under the names that syslog's fields have, so that the same rules read both.
  const host = fields['_HOSTNAME'];
  for (const [field, value] of [
    ['message', message],
    ['program', program],
    ['hostname', host],
  ] as const) {
    if (fields[field] === undefined && typeof value === 'string') fields[field] = value;
  }
  const time = Math.floor(micros / 1000);
  return new LogRecord({ format, name, logsource, time, fields, place, mapper: programEvent });
}

/** Bytes that are no UTF-8 come as an array of numbers. */
function textOfBytes(value: unknown): unknown {
  if (!Array.isArray(value) || value.length === 0) return value;
  const isBytes = value.every(byte => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  return isBytes ? Buffer.from(value as number[]).toString('utf8') : value;
}

const map: JsonMapper = (value, place, context) => {
  for (const name of Object.keys(value)) {
    if (Array.isArray(value[name])) setField(value, name, textOfBytes(value[name]));
  }
  return journalRecord('journald-json', context.name, place, value);
};

export const journaldJson: FormatReader = {
  name: 'journald-json',
  title: { en: 'systemd journal (JSON)', zh: 'systemd 日志（JSON）' },
  recognise: ({ json }) => (json?.['__REALTIME_TIMESTAMP'] !== undefined ? 95 : 0),
  open: context => openJson(map, context),
};
