/**
 * systemd's journal export format (systemd.io/JOURNAL_EXPORT_FORMATS): `NAME=value` lines, binary values as the
 * name alone, a little-endian 64-bit length and the bytes; entries end with an empty line.
 */
import type { ByteParser, FormatReader, ReadContext, Sink } from '../format.ts';
import { addField, type LogFields } from '../record.ts';
import { journalRecord } from './journald-json.ts';

const newline = 10;
const equals = 61;

class ExportParser implements ByteParser {
  readonly #context: ReadContext;
  #held: Buffer = Buffer.alloc(0);
  #offset = 0;
  #line = 1;
  #entry: LogFields = {};
  #fields = 0;
  #start = 0;
  #startLine = 1;
  /** Passing over a damaged entry up to the next empty line. */
  #skipping = false;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  get pending(): number {
    return this.#held.length + this.#offset - this.#start;
  }

  push(chunk: Uint8Array, sink: Sink): void {
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    let at = 0;
    for (;;) {
      const used = this.#step(at, sink);
      if (used === 0) break;
      at += used;
    }
    this.#held = this.#held.subarray(at);
    if (this.#held.length > this.#context.limits.recordBytes) {
      this.#damage(
        `journal field is larger than ${this.#context.limits.recordBytes} bytes`,
        this.#held.length,
        sink,
      );
      this.#offset += this.#held.length;
      this.#held = Buffer.alloc(0);
    }
  }

  end(sink: Sink): void {
    if (this.#held.length > 0) this.#damage('journal entry is torn', this.#held.length, sink);
    else if (this.#fields > 0) this.#finish(sink);
  }

  /** Takes one field or entry end from the held bytes; gives how many bytes it took, 0 when more are needed. */
  #step(at: number, sink: Sink): number {
    const stop = this.#held.indexOf(newline, at);
    if (stop < 0) return 0;
    const size = stop - at + 1;
    if (size === 1) {
      this.#advance(1);
      this.#finish(sink);
      return 1;
    }
    if (this.#skipping) {
      this.#advance(size);
      return size;
    }
    const sign = this.#held.subarray(at, stop).indexOf(equals);
    if (sign >= 0) {
      this.#add(
        this.#held.toString('latin1', at, at + sign),
        this.#held.toString('utf8', at + sign + 1, stop),
        size,
        sink,
      );
      this.#advance(size);
      return size;
    }
    if (this.#held.length < stop + 9) return 0;
    const length = this.#held.readBigUInt64LE(stop + 1);
    if (length > BigInt(this.#context.limits.recordBytes)) {
      this.#damage(`journal field of ${length} bytes`, size, sink);
      this.#advance(size);
      return size;
    }
    const from = stop + 9;
    const end = from + Number(length);
    if (this.#held.length <= end) return 0;
    if (this.#held[end] !== newline) {
      this.#damage('binary journal field without its end', size, sink);
      this.#advance(size);
      return size;
    }
    this.#add(
      this.#held.toString('latin1', at, stop),
      this.#held.toString('utf8', from, end),
      end - at,
      sink,
    );
    this.#advance(end - at + 1);
    return end - at + 1;
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    this.#line += 1;
  }

  #add(name: string, value: string, bytes: number, sink: Sink): void {
    if (!/^[A-Z_][A-Z0-9_]{0,63}$/i.test(name)) this.#damage('malformed journal field name', bytes, sink);
    else if (this.#fields >= this.#context.limits.fields)
      this.#damage('journal entry has too many fields', bytes, sink);
    else if (this.#offset - this.#start > this.#context.limits.recordBytes) {
      this.#damage('journal entry is too large', bytes, sink);
    } else {
      this.#fields += 1;
      addField(this.#entry, name, value);
    }
  }

  #damage(reason: string, skipped: number, sink: Sink): void {
    sink.damage({
      offset: this.#start,
      line: this.#startLine,
      reason,
      skipped: this.#offset - this.#start + skipped,
    });
    this.#skipping = true;
    this.#entry = {};
    this.#fields = 0;
  }

  #finish(sink: Sink): void {
    if (this.#fields > 0) {
      const place = { offset: this.#start, line: this.#startLine };
      const made = journalRecord('journald-export', this.#context.name, place, this.#entry);
      if (typeof made === 'string')
        sink.damage({ ...place, reason: made, skipped: this.#offset - this.#start });
      else sink.record(made);
    }
    this.#entry = {};
    this.#fields = 0;
    this.#skipping = false;
    this.#start = this.#offset;
    this.#startLine = this.#line;
  }
}

export const journaldExport: FormatReader = {
  name: 'journald-export',
  title: { en: 'systemd journal (export format)', zh: 'systemd 日志（导出格式）' },
  recognise: ({ lines }) =>
    lines.slice(0, 6).some(line => /^__(?:CURSOR|REALTIME_TIMESTAMP)=/.test(line)) ? 95 : 0,
  open: context => new ExportParser(context),
};
