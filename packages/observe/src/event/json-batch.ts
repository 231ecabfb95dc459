/** Batches of plain OCSF events: format "ocsf-json", one event a line. */
import { type Event, type EventView, viewOf } from '@redoubt/model';
import type { ObservedBatch } from '../sensor/types.ts';

/** Name under which the flight recorder keeps these batches. */
export const jsonBatchFormat = 'ocsf-json';

/** Packs events into a batch. Without events it carries rows only, and its times are now. */
export function jsonBatch(
  events: readonly Event[],
  processes: ObservedBatch['processes'] = [],
): ObservedBatch {
  const views = events.map(viewOf);
  const times = events.length === 0 ? [Date.now()] : events.map(event => event.time);
  return {
    format: jsonBatchFormat,
    bytes: Buffer.from(events.map(event => `${JSON.stringify(event)}\n`).join('')),
    count: events.length,
    firstTime: Math.min(...times),
    lastTime: Math.max(...times),
    kinds: [...new Set(views.map(view => view.kind))],
    views: () => views,
    processes,
  };
}

/**
 * The events of a stored batch.
 * @throws SyntaxError when a line is no JSON, Error when an event has an unknown kind
 */
export function* decodeJsonLines(bytes: Uint8Array): Generator<EventView, void, void> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  for (const line of text.split('\n')) {
    if (line !== '') yield viewOf(JSON.parse(line) as Event);
  }
}
