/** Batches of plain events, for sources that have no format of their own. */
import { type Event, type EventKind, encodeJsonLines, isEventKind, jsonLinesFormat } from '@redoubt/model';
import { RecorderError } from './errors.ts';
import type { EventBatch } from './types.ts';

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
  return {
    format: jsonLinesFormat,
    bytes: encodeJsonLines(events),
    count: events.length,
    firstTime,
    lastTime,
    kinds,
  };
}
