/** The format `ocsf-json`: plain OCSF events, one JSON text a line. For sources that have no format of their own. */
import { type Event, type EventKind, type EventView, isEventKind, viewOf } from '@redoubt/model';
import { RecorderError } from './errors.ts';
import type { EventBatch } from './types.ts';

/** Name of the format. */
export const ocsfJsonFormat = 'ocsf-json';

/**
 * A batch of plain events.
 * @throws RecorderError when there is none, or one has an unknown `metadata.event_code`
 */
export function batchOfEvents(events: readonly Event[]): EventBatch {
  if (events.length === 0) throw new RecorderError('invalid', 'a batch needs at least one event');
  const kinds = new Set<EventKind>();
  let firstTime = Number.POSITIVE_INFINITY;
  let lastTime = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    const kind = event.metadata.event_code;
    if (!isEventKind(kind)) throw new RecorderError('invalid', `event has the unknown kind "${kind}"`);
    kinds.add(kind);
    firstTime = Math.min(firstTime, event.time);
    lastTime = Math.max(lastTime, event.time);
  }
  const text = events.map(event => JSON.stringify(event)).join('\n');
  return {
    format: ocsfJsonFormat,
    bytes: Buffer.from(text),
    count: events.length,
    firstTime,
    lastTime,
    kinds,
  };
}

/** Decodes the format. */
export function* decodeOcsfJson(bytes: Uint8Array): Generator<EventView> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  for (const line of text.split('\n')) yield viewOf(JSON.parse(line) as Event);
}
