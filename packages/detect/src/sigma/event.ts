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
  #withoutSpaces: ReadonlyMap<string, string> | undefined;

  constructor(record: Readonly<Record<string, unknown>>, time: number) {
    this.#record = record;
    this.time = time;
  }

  get(path: string): FieldValue {
    const record = this.#record;
    if (Object.hasOwn(record, path)) return scalarValue(record[path]);
    const { parts, beginnings } = dotted(path);
    for (const beginning of beginnings) {
      if (!Object.hasOwn(record, beginning)) continue;
      const found = scalarValue(walk(record, parts, 0));
      if (found !== undefined) return found;
      break;
    }
    this.#withoutSpaces ??= namesWithoutSpaces(record);
    if (this.#withoutSpaces.size === 0) return undefined;
    const spaced = this.#withoutSpaces.get(path);
    return spaced === undefined ? undefined : scalarValue(record[spaced]);
  }

  toEvent(): unknown {
    return this.#record;
  }
}

interface DottedPath {
  readonly parts: readonly string[];
  /** What a key of the record must equal for the path to lead anywhere: `a`, `a.b` of `a.b.c`. */
  readonly beginnings: readonly string[];
}

const dottedPaths = new Map<string, DottedPath>();
/** Paths come from rules; still, there is a bound. */
const dottedLimit = 20_000;

function dotted(path: string): DottedPath {
  const known = dottedPaths.get(path);
  if (known !== undefined) return known;
  const parts = path.split('.');
  const made = { parts, beginnings: parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.')) };
  if (dottedPaths.size >= dottedLimit) dottedPaths.clear();
  dottedPaths.set(path, made);
  return made;
}

const noNames: ReadonlyMap<string, string> = new Map();

/** Names of a record that have spaces, by the name without. */
function namesWithoutSpaces(record: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  let names: Map<string, string> | undefined;
  for (const name of Object.keys(record)) {
    if (!name.includes(' ')) continue;
    names ??= new Map();
    names.set(name.replaceAll(' ', ''), name);
  }
  return names ?? noNames;
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
