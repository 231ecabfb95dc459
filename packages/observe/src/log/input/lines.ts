/** Bytes to lines, in constant memory. */
import type { ByteParser, Sink } from '../format.ts';
import type { Place } from '../record.ts';

/** Where a line stands, and how many bytes it takes with its line end. */
export interface LinePlace extends Place {
  readonly bytes: number;
}

/** A parser that is given one line at a time. */
export interface LineParser {
  line(text: string, place: LinePlace, sink: Sink): void;
  end?(sink: Sink): void;
  /** Nothing more has come for a while. */
  idle?(sink: Sink): void;
  /** Offset of the first byte that belongs to a record that is not out yet; undefined when there is none. */
  readonly heldFrom?: number | undefined;
}

const newline = 10;
const carriageReturn = 13;

/**
 * Feeds a line parser from bytes. Lines end with LF or CR LF; the last may end with the source. A line over
 * the limit is reported and passed over.
 */
export class LineSplitter implements ByteParser {
  readonly #parser: LineParser;
  readonly #limit: number;
  /** Whole chunks of a line that has not ended yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #skipping = false;
  #offset = 0;
  #line = 1;

  constructor(parser: LineParser, lineBytes: number) {
    this.#parser = parser;
    this.#limit = lineBytes;
  }

  get pending(): number {
    const end = this.#offset + this.#heldBytes;
    return end - Math.min(this.#offset, this.#parser.heldFrom ?? this.#offset);
  }

  push(chunk: Uint8Array, sink: Sink): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (;;) {
      const at = bytes.indexOf(newline, from);
      if (at < 0) break;
      if (this.#heldBytes > 0) this.#finishHeld(bytes.subarray(from, at), sink);
      else this.#emit(bytes, from, at, at - from + 1, sink);
      from = at + 1;
    }
    if (from < bytes.length) this.#hold(bytes.subarray(from));
  }

  end(sink: Sink): void {
    if (this.#heldBytes > 0) this.#finishHeld(Buffer.alloc(0), sink, 0);
    this.#parser.end?.(sink);
  }

  idle(sink: Sink): void {
    this.#parser.idle?.(sink);
  }

  #hold(rest: Buffer): void {
    this.#heldBytes += rest.length;
    if (this.#heldBytes > this.#limit) {
      this.#skipping = true;
      this.#held = [];
    } else if (!this.#skipping) this.#held.push(Buffer.from(rest));
  }

  #finishHeld(rest: Buffer, sink: Sink, terminator = 1): void {
    const consumed = this.#heldBytes + rest.length + terminator;
    if (this.#skipping || consumed - terminator > this.#limit) this.#tooLong(consumed, sink);
    else {
      const whole = Buffer.concat([...this.#held, rest]);
      this.#emit(whole, 0, whole.length, consumed, sink);
    }
    this.#held = [];
    this.#heldBytes = 0;
    this.#skipping = false;
  }

  #emit(bytes: Buffer, from: number, to: number, consumed: number, sink: Sink): void {
    if (to - from > this.#limit) {
      this.#tooLong(consumed, sink);
      return;
    }
    const end = to > from && bytes[to - 1] === carriageReturn ? to - 1 : to;
    if (end > from) {
      this.#parser.line(
        bytes.toString('utf8', from, end),
        { offset: this.#offset, line: this.#line, bytes: consumed },
        sink,
      );
    }
    this.#offset += consumed;
    this.#line += 1;
  }

  #tooLong(consumed: number, sink: Sink): void {
    const place = { offset: this.#offset, line: this.#line };
    this.#offset += consumed;
    this.#line += 1;
    sink.damage({ ...place, reason: `line is longer than ${this.#limit} bytes`, skipped: consumed });
  }
}
