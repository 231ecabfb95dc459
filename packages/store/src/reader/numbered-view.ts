/** An event read back, with its sequence number. */
import type { Event, EventKind, EventView, FieldValue } from '@redoubt/model';
import type { StoredEvent } from '../types.ts';

/** Adds `metadata.sequence` to a decoder's view. */
export class NumberedView implements StoredEvent {
  readonly sequence: number;
  readonly #view: EventView;

  constructor(view: EventView, sequence: number) {
    this.#view = view;
    this.sequence = sequence;
  }

  get kind(): EventKind {
    return this.#view.kind;
  }

  get time(): number {
    return this.#view.time;
  }

  get(path: string): FieldValue {
    return path === 'metadata.sequence' ? this.sequence : this.#view.get(path);
  }

  toEvent(): Event {
    const event = this.#view.toEvent();
    return { ...event, metadata: { ...event.metadata, sequence: this.sequence } };
  }
}
