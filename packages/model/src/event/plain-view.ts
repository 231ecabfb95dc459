/** An EventView over a plain OCSF event: for logs, tests and events read back from the store. */
import { type EventKind, isEventKind } from './classes.ts';
import type { Event } from './event.ts';
import type { EventView, FieldValue } from './view.ts';

type Scalar = string | number | boolean | null;

function isScalar(value: unknown): value is Scalar {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}

/** Collects the scalars at `path` below `node`, passing through arrays. */
function collect(node: unknown, path: readonly string[], depth: number, found: Scalar[]): void {
  if (Array.isArray(node)) {
    for (const item of node) collect(item, path, depth, found);
    return;
  }
  const name = path[depth];
  if (name === undefined) {
    if (isScalar(node)) found.push(node);
    return;
  }
  if (typeof node === 'object' && node !== null && Object.hasOwn(node, name)) {
    collect((node as Record<string, unknown>)[name], path, depth + 1, found);
  }
}

/**
 * The value at a dotted path of plain data.
 * @returns the scalar, an array when several were passed through, or undefined when there is none
 */
export function valueAt(data: unknown, path: string): FieldValue {
  const found: Scalar[] = [];
  collect(data, path.split('.'), 0, found);
  return found.length > 1 ? found : found[0];
}

/** Wraps a plain event. An unknown `metadata.event_code` throws: it would be judged by no rule, in silence. */
export function viewOf(event: Event): EventView {
  const kind = event.metadata.event_code;
  if (!isEventKind(kind)) throw new Error(`event has the unknown kind "${kind}" in metadata.event_code`);
  return new PlainEventView(kind, event);
}

class PlainEventView implements EventView {
  readonly kind: EventKind;
  readonly #event: Event;

  constructor(kind: EventKind, event: Event) {
    this.kind = kind;
    this.#event = event;
  }

  get time(): number {
    return this.#event.time;
  }

  get(path: string): FieldValue {
    return valueAt(this.#event, path);
  }

  toEvent(): Event {
    return this.#event;
  }
}
