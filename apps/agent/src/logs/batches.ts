/** Log events as batches for the recorder. */
import { type Event, type EventKind, type EventView, jsonLinesFormat, viewOf } from '@redoubt/model';
import type { ObservedBatch } from '@redoubt/observe';

/** A batch of log events. */
export interface LogBatch extends ObservedBatch {
  /** When the first of them was received, milliseconds since the Unix epoch; their own times may be older. */
  readonly receivedTime: number;
}

/** Most bytes of a batch, unless one event alone is larger. */
const batchBytes = 256 * 1024;

/** Packs events into batches of bounded size. */
export function* logBatches(events: Iterable<Event>): Generator<LogBatch> {
  let lines: string[] = [];
  let kept: Event[] = [];
  let length = 0;
  for (const event of events) {
    const line = `${JSON.stringify(event)}\n`;
    if (length > 0 && length + line.length > batchBytes) {
      yield pack(kept, lines);
      lines = [];
      kept = [];
      length = 0;
    }
    lines.push(line);
    kept.push(event);
    length += line.length;
  }
  if (kept.length > 0) yield pack(kept, lines);
}

function pack(events: readonly Event[], lines: readonly string[]): LogBatch {
  const views: EventView[] = events.map(viewOf);
  const kinds = new Set<EventKind>(views.map(view => view.kind));
  let firstTime = Number.POSITIVE_INFINITY;
  let lastTime = Number.NEGATIVE_INFINITY;
  for (const { time } of events) {
    firstTime = Math.min(firstTime, time);
    lastTime = Math.max(lastTime, time);
  }
  return {
    format: jsonLinesFormat,
    bytes: Buffer.from(lines.join('')),
    count: events.length,
    firstTime,
    lastTime,
    kinds: [...kinds],
    views: () => views,
    processes: [],
    receivedTime: events[0]?.metadata.logged_time ?? Date.now(),
  };
}
