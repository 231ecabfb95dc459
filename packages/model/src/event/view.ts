/** The seam between those who produce events and those who judge or keep them. */
import type { EventKind } from './classes.ts';
import type { Event } from './event.ts';

/** A value that a rule can compare. `undefined` means that the event does not have the attribute. */
export type FieldValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly (string | number | boolean | null)[];

/**
 * An event that decodes itself no further than it is asked. Sensors hand out views, not objects, because
 * most events are looked at once, in one or two attributes, and then only stored.
 */
export interface EventView {
  /** Kind of event; decides which rules can apply. */
  readonly kind: EventKind;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /**
   * The value at a dotted OCSF attribute path (`actor.process.file.path`, `dst_endpoint.port`,
   * `unmapped.new_mode`). An array of objects is addressed through: `answers.rdata` gives every `rdata`.
   */
  get(path: string): FieldValue;
  /** The whole event as plain OCSF data. */
  toEvent(): Event;
}
