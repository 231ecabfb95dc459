/** Making plain OCSF events whose class, activity and type numbers always agree. */
import { type EventKind, EventKinds } from './classes.ts';
import type { Event } from './event.ts';

/** `metadata.product` of everything that Redoubt itself emits. */
export const product = { name: 'Redoubt', vendor_name: 'Redoubt' } as const;

/**
 * A plain OCSF event of a kind. Class, category, activity and type are filled in from the kind.
 * @param kind kind of event
 * @param time milliseconds since the Unix epoch
 * @param attributes everything else the event has; may override `severity_id` (1, informational, by default)
 */
export function buildEvent(kind: EventKind, time: number, attributes: Partial<Event> = {}): Event {
  const { class_uid, activity_id, activity_name } = EventKinds[kind];
  return {
    class_uid,
    category_uid: Math.floor(class_uid / 1000),
    activity_id,
    activity_name,
    type_uid: class_uid * 100 + activity_id,
    time: Math.floor(time),
    severity_id: 1,
    metadata: { version: '1.6.0', product, event_code: kind },
    ...attributes,
  };
}
