/** The shape that every format has: how to recognise it, and a parser that bytes are pushed into. */
import type { Bilingual } from '@redoubt/model';
import type { LimitSettings } from './limits.ts';
import type { LogDamage, LogFormat, LogRecord } from './record.ts';
import type { Zone } from './time/zone.ts';

/** Where a parser puts what it finds. */
export interface Sink {
  record(record: LogRecord): void;
  damage(damage: Omit<LogDamage, 'name'>): void;
}

/** What the reader tells a parser about the source. */
export interface ReadContext {
  /** Name of the source, for records and messages. */
  readonly name: string;
  /** Year of the first record, for formats that leave the year out; undefined for the year just past. */
  readonly year: number | undefined;
  /** Time zone of times that are written without one. */
  readonly zone: Zone;
  readonly limits: LimitSettings;
  /** nginx `log_format` or Apache `LogFormat` string of a custom access log. */
  readonly accessFormat: string | undefined;
}

/** A parser that bytes are pushed into. It never throws on what the bytes hold. */
export interface ByteParser {
  /** The chunk is lent for the call: what is kept of it is copied. */
  push(chunk: Uint8Array, sink: Sink): void;
  /** The source has ended: hand out what is still held back, report what is torn. */
  end(sink: Sink): void;
  /** Nothing more has come for a while: hand out records that only waited for lines that may still follow. */
  idle?(sink: Sink): void;
  /** How many pushed bytes at the end belong to records that are not out yet. */
  readonly pending: number;
}

/** The beginning of a source, for recognising its format. */
export interface Head {
  readonly bytes: Uint8Array;
  /** The bytes as text. */
  readonly text: string;
  /** Up to 20 first lines that are not empty. */
  readonly lines: readonly string[];
  /** The first line, or the whole head, as JSON object; undefined when it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** Base name of the file, lower-case, without `.gz`, `.zst` and rotation numbers. */
  readonly fileName: string;
}

/** A log format. */
export interface FormatReader {
  readonly name: LogFormat;
  readonly title: Bilingual;
  /** How sure it is that the head is of this format, 0 (no) to 100. */
  recognise(head: Head): number;
  open(context: ReadContext): ByteParser;
}
