/** A log record on its way: its OCSF event with what the agent adds, and what tells it from every other. */
import { hash } from 'node:crypto';
import type { Event } from '@redoubt/model';
import type { LogRecord } from '@redoubt/observe/log';

/** A record and its event. */
export interface LogEntry {
  readonly record: LogRecord;
  readonly event: Event;
  /** Where in the parsed stream it began, for sources that can be read again. */
  readonly streamOffset: number;
}

/** Clocks a little ahead are usual; beyond this an event cannot have happened later than it was received. */
const toleratedLead = 2_000;

/**
 * Makes the event that is kept of a record. Both times stay: `time` is what the source says and
 * `metadata.logged_time` when it was received. Only a time later than its receipt, which no true clock states, is
 * taken back to the receipt; what was stated is then in `metadata.original_time`.
 * @param source name of the source
 * @param position where the record stands in its source
 * @param streamOffset where it began in the parsed stream
 */
export function logEntry(
  record: LogRecord,
  source: string,
  position: string | undefined,
  streamOffset = 0,
): LogEntry {
  const said = record.toEvent();
  const received = record.receivedTime ?? Date.now();
  const isAhead = said.time > received + toleratedLead;
  const event: Event = {
    ...said,
    time: record.timeIsReceiveTime || isAhead ? received : Math.floor(said.time),
    metadata: {
      ...said.metadata,
      logged_time: received,
      ...(isAhead && { original_time: timeText(said.time) }),
    },
    unmapped: {
      ...said.unmapped,
      log_source: source,
      ...(position !== undefined && { log_position: position }),
    },
  };
  return { record, event, streamOffset };
}

/** ISO 8601, or plain milliseconds where a hostile source states more than a calendar holds. */
function timeText(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}

/**
 * A text that is equal for two readings of the same record: its event without what reading adds. Records that are
 * alike to the last character have the same identity and can stand for each other.
 */
export function identityOf(event: Event): string {
  const { time, metadata, unmapped, ...rest } = event;
  const { sequence: _, logged_time, ...named } = metadata;
  const { log_position: __, ...fields } = unmapped ?? {};
  const stated = time === logged_time ? undefined : time;
  return hash('sha256', JSON.stringify([rest, named, fields, stated]), 'base64url');
}
