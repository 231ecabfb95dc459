/** A Windows event as a log record, whichever way it was written down. */
import { addField, type LogFields, type LogFormat, LogRecord, type Place, setField } from '../record.ts';
import { windowsEvent } from './event.ts';
import { windowsLogsource } from './routing.ts';

/** What the parsers of Windows events (EVTX, XML, Winlogbeat) find in one. */
export interface WindowsParts {
  /** System: `EventID`, `Channel`, `Provider_Name`, `Computer` … */
  readonly system: LogFields;
  /** EventData and UserData by name, in their order; an unnamed value is called `Data`. */
  readonly data: readonly (readonly [string, unknown])[];
  /** Milliseconds since the Unix epoch, NaN when unknown. */
  readonly time: number;
}

/**
 * Makes the record: System and event data stand side by side, as Sigma rules name them. Event data cannot
 * replace what System says: a name that both have goes under `EventData_` and the name.
 */
export function windowsRecord(format: LogFormat, name: string, place: Place, parts: WindowsParts): LogRecord {
  const fields: LogFields = { ...parts.system };
  for (const [key, value] of parts.data) {
    if (Object.hasOwn(parts.system, key)) setField(fields, `EventData_${key}`, value);
    else addField(fields, key, value);
  }
  return windowsRecordOf(format, name, place, fields, parts.time);
}

/**
 * Makes the record of fields that already stand side by side.
 * @param time milliseconds since the Unix epoch, NaN when unknown
 */
export function windowsRecordOf(
  format: LogFormat,
  name: string,
  place: Place,
  fields: LogFields,
  time: number,
): LogRecord {
  const channel = typeof fields['Channel'] === 'string' ? fields['Channel'] : '';
  const eventId = typeof fields['EventID'] === 'number' ? fields['EventID'] : 0;
  const logsource = windowsLogsource(channel, eventId);
  return new LogRecord({ format, name, logsource, time, fields, place, mapper: windowsEvent });
}
