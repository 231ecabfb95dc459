/** Finds the objects in a JSON document of any size, in constant memory. */
import type { ByteParser, Sink } from '../format.ts';
import type { Place } from '../record.ts';
import type { LinePlace } from './lines.ts';

interface FramerOptions {
  readonly recordBytes: number;
  readonly depth: number;
  /** Names of arrays in a top-level object that hold the records. */
  readonly wrappers: readonly string[];
}

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;

/**
 * Hands out the text of each object at the top level, in a top-level array, or in a wrapper's array
 * (`{"Records": [{…}, {…}]}`); a wrapper's other members are left out. A raw newline inside a string, which
 * JSON forbids, marks a torn object: the search begins anew after it.
 */
export class JsonFramer implements ByteParser {
  readonly #take: (text: string, place: LinePlace, sink: Sink) => void;
  readonly #options: FramerOptions;
  readonly #wrappers: ReadonlySet<string>;
  /** Depth at which objects are records: 0, 1 in a top-level array, 2 in a wrapper's array. */
  #base = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #capturing = false;
  #tooLarge = '';
  #held: Buffer[] = [];
  #heldBytes = 0;
  #start: Place = { offset: 0, line: 1 };
  #garbage: Place | undefined;
  #key = '';
  #keyOpen = false;
  #inWrapper = false;
  #offset = 0;
  #line = 1;

  constructor(take: (text: string, place: LinePlace, sink: Sink) => void, options: FramerOptions) {
    this.#take = take;
    this.#options = options;
    this.#wrappers = new Set(options.wrappers);
  }

  get pending(): number {
    return this.#capturing ? this.#offset - this.#start.offset : 0;
  }

  push(chunk: Uint8Array, sink: Sink): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let valueFrom = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index] ?? 0;
      if (byte === newline) this.#line += 1;
      if (this.#inString) {
        if (byte === newline) {
          this.#torn(this.#offset + index, sink);
          continue;
        }
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) {
          this.#inString = false;
          this.#keyOpen = false;
        } else if (this.#keyOpen && this.#key.length < 32) this.#key += String.fromCharCode(byte);
        continue;
      }
      if (this.#depth === this.#base && byte !== 0x7b) {
        this.#between(byte, this.#offset + index, sink);
        continue;
      }
      switch (byte) {
        case quote:
          this.#inString = true;
          if (this.#depth === 1 && this.#base === 0) {
            this.#keyOpen = true;
            this.#key = '';
          }
          break;
        case 0x7b:
          if (this.#depth === this.#base && !this.#inWrapper) {
            this.#closeGarbage(this.#offset + index, sink);
            this.#capturing = true;
            this.#tooLarge = '';
            this.#start = { offset: this.#offset + index, line: this.#line };
            valueFrom = index;
          }
          this.#deeper();
          break;
        case 0x5b:
          if (this.#depth === 1 && this.#base === 0 && this.#wrappers.has(this.#key)) {
            this.#drop();
            this.#inWrapper = false;
            this.#base = 2;
          }
          this.#deeper();
          break;
        case 0x5d:
        case 0x7d:
          this.#depth -= 1;
          if (this.#capturing && this.#depth === this.#base) {
            this.#finish(bytes.subarray(valueFrom, index + 1), sink);
          } else if (this.#inWrapper && this.#depth === 0) this.#inWrapper = false;
          break;
        default:
      }
    }
    if (this.#capturing) this.#hold(bytes.subarray(valueFrom));
    this.#offset += bytes.length;
  }

  end(sink: Sink): void {
    if (this.#capturing) this.#torn(this.#offset, sink);
    this.#closeGarbage(this.#offset, sink);
  }

  /** A byte between records. */
  #between(byte: number, offset: number, sink: Sink): void {
    if (byte === 0x5b && this.#depth === 0 && this.#garbage === undefined) {
      this.#base = 1;
      this.#depth = 1;
    } else if (byte === 0x5d && this.#base > 0) {
      this.#closeGarbage(offset, sink);
      this.#depth = this.#base - 1;
      // What follows a wrapper's array, up to the end of the wrapper, holds no records.
      this.#inWrapper = this.#base === 2;
      this.#base = 0;
    } else if (byte === newline) this.#closeGarbage(offset, sink);
    else if (byte > 0x20 && byte !== 0x2c) this.#garbage ??= { offset, line: this.#line };
  }

  #closeGarbage(offset: number, sink: Sink): void {
    const from = this.#garbage;
    if (from === undefined) return;
    this.#garbage = undefined;
    sink.damage({ ...from, reason: 'not a JSON object', skipped: offset - from.offset });
  }

  #deeper(): void {
    this.#depth += 1;
    if (this.#depth - this.#base > this.#options.depth) {
      this.#tooLarge = `JSON nests deeper than ${this.#options.depth}`;
      this.#held = [];
    }
  }

  #hold(rest: Buffer): void {
    this.#heldBytes += rest.length;
    if (this.#heldBytes > this.#options.recordBytes) {
      this.#tooLarge = `object is larger than ${this.#options.recordBytes} bytes`;
      this.#held = [];
    } else if (this.#tooLarge === '') this.#held.push(Buffer.from(rest));
  }

  #finish(rest: Buffer, sink: Sink): void {
    const size = this.#heldBytes + rest.length;
    if (this.#tooLarge === '' && size > this.#options.recordBytes) {
      this.#tooLarge = `object is larger than ${this.#options.recordBytes} bytes`;
    }
    if (this.#tooLarge !== '') sink.damage({ ...this.#start, reason: this.#tooLarge, skipped: size });
    else if (this.#held.length === 0)
      this.#take(rest.toString('utf8'), { ...this.#start, bytes: size }, sink);
    else
      this.#take(
        Buffer.concat([...this.#held, rest]).toString('utf8'),
        { ...this.#start, bytes: size },
        sink,
      );
    this.#drop();
  }

  #drop(): void {
    this.#capturing = false;
    this.#held = [];
    this.#heldBytes = 0;
    this.#tooLarge = '';
  }

  #torn(offset: number, sink: Sink): void {
    if (this.#capturing) {
      const skipped = offset - this.#start.offset;
      sink.damage({ ...this.#start, reason: 'JSON object is torn', skipped });
    }
    this.#drop();
    this.#inString = false;
    this.#escaped = false;
    this.#keyOpen = false;
    this.#inWrapper = false;
    this.#depth = this.#base;
  }
}
