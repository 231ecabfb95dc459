/** systemd's journal as JSON (`journalctl -o json`). */
import { programRecord } from '../auth/program-record.ts';
import type { FormatReader } from '../format.ts';
import { type JsonMapper, openJson } from '../input/json.ts';
import { type LogFields, type LogFormat, type LogRecord, type Place, setField } from '../record.ts';

/** Makes a record of a journal entry. Times are microseconds since the epoch, in decimal text. */
export function journalRecord(
  format: LogFormat,
  name: string,
  place: Place,
  fields: LogFields,
): LogRecord | string {
  const micros = Number(fields['__REALTIME_TIMESTAMP'] ?? fields['_SOURCE_REALTIME_TIMESTAMP']);
  if (!Number.isFinite(micros)) return 'journal entry without __REALTIME_TIMESTAMP';
  const identifier = fields['SYSLOG_IDENTIFIER'] ?? fields['_COMM'];
  const program = typeof identifier === 'string' ? identifier : '';
  const message = typeof fields['MESSAGE'] === 'string' ? fields['MESSAGE'] : '';
  const facility = Number(fields['SYSLOG_FACILITY']);
  // Under the names that syslog's fields have, so that the same rules read both.
  const host = fields['_HOSTNAME'];
  for (const [field, value] of [
    ['message', fields['MESSAGE']],
    ['program', identifier],
    ['hostname', host],
  ] as const) {
    if (fields[field] === undefined && typeof value === 'string') fields[field] = value;
  }
  return programRecord(format, name, place, {
    time: Math.floor(micros / 1000),
    program,
    message,
    facility: Number.isInteger(facility) ? facility : undefined,
    fields,
  });
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
