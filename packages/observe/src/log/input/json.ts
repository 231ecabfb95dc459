/** JSON sources: one object a line, or objects anywhere in a document. */
import type { ByteParser, ReadContext, Sink } from '../format.ts';
import type { LogRecord, Place } from '../record.ts';
import { JsonFramer } from './json-framer.ts';
import { type LinePlace, LineSplitter } from './lines.ts';

/** A JSON object as parsed. */
export type JsonObject = Record<string, unknown>;

/** Whether a value is a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Makes a record of one JSON object, or says why it cannot. */
export type JsonMapper = (value: JsonObject, place: Place, context: ReadContext) => LogRecord | string;

/**
 * Whether a JSON text nests deeper than `limit`. Texts with few brackets, nearly all, are settled by counting.
 */
function isTooDeep(text: string, limit: number): boolean {
  let opens = 0;
  for (let at = text.indexOf('{'); at >= 0 && opens <= limit; at = text.indexOf('{', at + 1)) opens += 1;
  for (let at = text.indexOf('['); at >= 0 && opens <= limit; at = text.indexOf('[', at + 1)) opens += 1;
  if (opens <= limit) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}

/** Parses one JSON object; gives the reason as text when it is none. */
export function parseObject(text: string, depth: number): JsonObject | string {
  if (isTooDeep(text, depth)) return `JSON nests deeper than ${depth}`;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : 'not a JSON object';
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message.slice(0, 120) : String(error)}`;
  }
}

/**
 * A parser of JSON sources. The first line decides: when it is a whole object, the source is taken as lines,
 * where a torn line costs only itself; otherwise as a document, where objects are found by their brackets.
 * @param wrappers names of arrays in a top-level object that hold the records, e.g. `Records`
 */
export function openJson(
  map: JsonMapper,
  context: ReadContext,
  wrappers: readonly string[] = [],
): ByteParser {
  return new JsonSource(map, context, wrappers);
}

class JsonSource implements ByteParser {
  readonly #map: JsonMapper;
  readonly #context: ReadContext;
  readonly #wrappers: readonly string[];
  #head: Buffer = Buffer.alloc(0);
  #inner: ByteParser | undefined;

  constructor(map: JsonMapper, context: ReadContext, wrappers: readonly string[]) {
    this.#map = map;
    this.#context = context;
    this.#wrappers = wrappers;
  }

  get pending(): number {
    return this.#inner?.pending ?? this.#head.length;
  }

  push(chunk: Uint8Array, sink: Sink): void {
    if (this.#inner !== undefined) {
      this.#inner.push(chunk, sink);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.includes(10) || this.#head.length >= this.#context.limits.recordBytes) this.#begin(sink);
  }

  end(sink: Sink): void {
    if (this.#inner === undefined) this.#begin(sink);
    this.#inner?.end(sink);
  }

  #begin(sink: Sink): void {
    const stop = this.#head.indexOf(10);
    const first = this.#head.toString('utf8', 0, stop < 0 ? this.#head.length : stop);
    const value = parseObject(first, this.#context.limits.depth);
    const isLines = typeof value === 'string' ? !/^\s*(?:[[{]|$)/.test(first) : !this.#isWrapper(value);
    this.#inner = isLines ? this.#lines() : this.#document();
    const head = this.#head;
    this.#head = Buffer.alloc(0);
    this.#inner.push(head, sink);
  }

  #isWrapper(value: JsonObject): boolean {
    return this.#wrappers.some(name => Array.isArray(value[name]));
  }

  #lines(): ByteParser {
    const line = (text: string, place: LinePlace, sink: Sink): void => this.#take(text, place, sink);
    return new LineSplitter(
      { line },
      Math.max(this.#context.limits.lineBytes, this.#context.limits.recordBytes),
    );
  }

  #document(): ByteParser {
    const { recordBytes, depth } = this.#context.limits;
    return new JsonFramer((text, place, sink) => this.#take(text, place, sink), {
      recordBytes,
      depth,
      wrappers: this.#wrappers,
    });
  }

  #take(text: string, place: LinePlace, sink: Sink): void {
    const value = parseObject(text, this.#context.limits.depth);
    const made = typeof value === 'string' ? value : this.#map(value, place, this.#context);
    if (typeof made === 'string') {
      if (text.trim() !== '') sink.damage({ ...place, reason: made, skipped: place.bytes });
    } else sink.record(made);
  }
}
