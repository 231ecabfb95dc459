/** Plain events as text: one JSON object a line, each line ended by a newline. */
import type { Event } from './event.ts';
import { viewOf } from './plain-view.ts';
import type { EventView } from './view.ts';

/** Name of this encoding, under which a flight recorder keeps batches of plain events. */
export const jsonLinesFormat = 'ocsf-json';

/** The events as JSON lines in UTF-8. */
export function encodeJsonLines(events: readonly Event[]): Uint8Array {
  return new TextEncoder().encode(events.map(event => `${JSON.stringify(event)}\n`).join(''));
}

/**
 * The events of such a text; empty lines are passed over.
 * @throws SyntaxError when a line is no JSON, Error when an event has an unknown kind
 */
export function* decodeJsonLines(bytes: Uint8Array): Generator<EventView, void, void> {
  const text = new TextDecoder().decode(bytes);
  for (const line of text.split('\n')) {
    if (line !== '') yield viewOf(JSON.parse(line) as Event);
  }
}
