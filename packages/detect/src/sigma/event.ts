/** What the engine needs of an event, be it a host event or a log record. */
import type { FieldValue } from '@redoubt/model';
import { elementsOf, type Scalar } from './match/values.ts';

/** An event that can be asked for its attributes. `EventView` of the model is one. */
export interface EventReader {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** The value at a path or name; undefined when the event does not have it. */
  get(path: string): FieldValue;
  /** The whole event, for keyword searches. */
  toEvent(): unknown;
}

/** Where the value of a rule's field comes from in the events of one kind or log source. */
export interface FieldSource {
  /** Equal for equal sources: values are fetched once an event for each key. */
  readonly key: string;
  read(event: EventReader): FieldValue;
}

/** Finds the source of a field that a rule names. */
export type FieldResolver = (field: string) => FieldSource;

/** The value at the first of the paths that the event has. */
export function pathSource(...paths: readonly string[]): FieldSource {
  const [only = ''] = paths;
  if (paths.length === 1) return { key: only, read: event => event.get(only) };
  return {
    key: paths.join('|'),
    read: event => {
      for (const path of paths) {
        const value = event.get(path);
        if (value !== undefined) return value;
      }
      return undefined;
    },
  };
}

/** How deep and how many values a keyword search looks at. */
const searchLimits = { depth: 16, values: 5_000 };

/** Every single value of an event, for keyword searches. */
export function everyValue(event: EventReader): Scalar[] {
  const values: Scalar[] = [];
  collect(event.toEvent(), 0, values);
  return values;
}

function collect(node: unknown, depth: number, values: Scalar[]): void {
  if (values.length >= searchLimits.values || depth > searchLimits.depth || node === undefined) return;
  if (typeof node === 'object' && node !== null) {
    for (const inner of Array.isArray(node) ? node : Object.values(node)) collect(inner, depth + 1, values);
  } else values.push(...elementsOf(node as FieldValue));
}

/**
 * A log record, flat or nested, as an event. A name is looked up as it is, then as a dotted path; a space in a
 * field's name may be left out of the rule, as Sigma asks.
 */
export class RecordReader implements EventReader {
  readonly time: number;
  readonly #record: Readonly<Record<string, unknown>>;
  #withoutSpaces: Map<string, string> | undefined;

  constructor(record: Readonly<Record<string, unknown>>, time: number) {
    this.#record = record;
    this.time = time;
  }

  get(path: string): FieldValue {
    if (Object.hasOwn(this.#record, path)) return scalarValue(this.#record[path]);
    if (path.includes('.')) {
      const found = scalarValue(walk(this.#record, path.split('.'), 0));
      if (found !== undefined) return found;
    }
    this.#withoutSpaces ??= new Map(
      Object.keys(this.#record)
        .filter(name => name.includes(' '))
        .map(name => [name.replaceAll(' ', ''), name]),
    );
    const spaced = this.#withoutSpaces.get(path);
    return spaced === undefined ? undefined : scalarValue(this.#record[spaced]);
  }

  toEvent(): unknown {
    return this.#record;
  }
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function scalarValue(value: unknown): FieldValue {
  if (isScalar(value)) return value;
  if (Array.isArray(value)) {
    const flat = value.flat(4).filter(isScalar);
    return flat.length > 0 || value.length === 0 ? flat : undefined;
  }
  return undefined;
}

/** Walks down a dotted path; keys may themselves have dots, and lists are walked through. */
function walk(node: unknown, parts: readonly string[], from: number): unknown {
  if (from === parts.length) return node;
  if (Array.isArray(node)) {
    const found = node.map(item => walk(item, parts, from)).filter(value => value !== undefined);
    return found.length > 1 ? found : found[0];
  }
  if (typeof node !== 'object' || node === null) return undefined;
  for (let end = from + 1; end <= parts.length; end++) {
    const key = parts.slice(from, end).join('.');
    if (!Object.hasOwn(node, key)) continue;
    const found = walk((node as Record<string, unknown>)[key], parts, end);
    if (found !== undefined) return found;
  }
  return undefined;
}
