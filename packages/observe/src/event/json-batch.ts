/** Batches of plain OCSF events: format "ocsf-json", one event a line. */
import { type Event, encodeJsonLines, jsonLinesFormat, viewOf } from '@redoubt/model';
import type { ObservedBatch } from '../sensor/types.ts';

/** Packs events into a batch. Without events it carries rows only, and its times are now. */
export function jsonBatch(
  events: readonly Event[],
  processes: ObservedBatch['processes'] = [],
): ObservedBatch {
  const views = events.map(viewOf);
  const times = events.length === 0 ? [Date.now()] : events.map(event => event.time);
  return {
    format: jsonLinesFormat,
    bytes: encodeJsonLines(events),
    count: events.length,
    firstTime: Math.min(...times),
    lastTime: Math.max(...times),
    kinds: [...new Set(views.map(view => view.kind))],
    views: () => views,
    processes,
  };
}
