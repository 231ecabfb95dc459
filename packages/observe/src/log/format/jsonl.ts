/** JSON lines of any program. */
import type { Event } from '@redoubt/model';
import { deviceOf, logEvent, textOf } from '../event/compose.ts';
import type { FormatReader } from '../format.ts';
import { type JsonMapper, type JsonObject, openJson } from '../input/json.ts';
import { LogRecord } from '../record.ts';
import { isoTime } from '../time/parse.ts';
import type { Zone } from '../time/zone.ts';

const timeNames = ['@timestamp', 'timestamp', 'time', 'ts', 'eventTime', 'datetime', 'date', 'UtcTime'];

/** A time as JSON logs write it: ISO text, or a number of seconds, milliseconds, micro- or nanoseconds. */
export function jsonTime(value: unknown, zone: Zone): number {
  if (typeof value === 'string') return isoTime(value, zone);
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return Number.NaN;
  if (value < 1e11) return Math.floor(value * 1000);
  if (value < 1e14) return Math.floor(value);
  return Math.floor(value < 1e17 ? value / 1000 : value / 1_000_000);
}

function timeOf(value: JsonObject, zone: Zone): number {
  for (const name of timeNames) {
    const time = jsonTime(value[name], zone);
    if (!Number.isNaN(time)) return time;
  }
  return Number.NaN;
}

const toEvent = (record: LogRecord): Event =>
  logEvent(
    record,
    'log.record',
    { name: 'JSON log', vendor_name: 'unknown' },
    {
      message: textOf(record.fields['message']) ?? textOf(record.fields['msg']),
      device: deviceOf(record.fields['hostname'] ?? record.fields['host'], undefined),
    },
  );

const logsource = { product: 'generic' };

const map: JsonMapper = (value, place, context) =>
  new LogRecord({
    format: 'jsonl',
    name: context.name,
    logsource,
    time: timeOf(value, context.zone),
    fields: value,
    place,
    mapper: toEvent,
  });

export const jsonl: FormatReader = {
  name: 'jsonl',
  title: { en: 'JSON lines', zh: 'JSON 行' },
  recognise: ({ json }) => (json === undefined ? 0 : 40),
  open: context => openJson(map, context),
};
