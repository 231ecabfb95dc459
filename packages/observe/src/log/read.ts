/** Reads a log of any format as records, in constant memory. */
import { detectFormat } from './detect.ts';
import type { ReadContext } from './format.ts';
import { formats } from './formats.ts';
import { plainBytes, readHead } from './input/decompress.ts';
import { defaultLimits, type LimitSettings } from './limits.ts';
import type { LogDamage, LogFormat, LogRecord } from './record.ts';
import { zoneOf } from './time/zone.ts';

/** How a log is to be read. */
export interface ReadLogOptions {
  /** Name of the source, usually its path: for records and messages, and for recognising the format. */
  readonly name: string;
  /** The format; recognised from the first bytes and the name when left out. */
  readonly format?: LogFormat;
  /** Year of the first record, for formats that leave the year out. */
  readonly year?: number;
  /** Zone of times written without one: `UTC`, `+08:00`, `Asia/Shanghai`; the system's when left out. */
  readonly timezone?: string;
  /** nginx `log_format` or Apache `LogFormat` string of a custom access log. */
  readonly accessFormat?: string;
  readonly limits?: Partial<LimitSettings>;
  /** Told of every damaged part as it is met. */
  readonly onDamage?: (damage: LogDamage) => void;
}

/** How many damaged parts are kept in full; all are counted. */
const damageKept = 100;
const headBytes = 16 * 1024;

/** The counts of a reader. */
export interface ReadStatistics {
  /** Records handed out. */
  records: number;
  /** Decompressed bytes read. */
  bytes: number;
  damageCount: number;
  /** Bytes passed over as damaged. */
  damageBytes: number;
  /** The first damaged parts. */
  readonly damage: LogDamage[];
}

/**
 * Reads a log. Gzip and Zstandard are opened transparently.
 * @param source its bytes; a chunk is only used until the next one is asked for
 * @throws TypeError from the iteration when the format is not given and cannot be recognised; RangeError when
 *   the time zone is unknown; whatever the source itself throws. What the bytes hold never throws.
 */
export function readLog(source: AsyncIterable<Uint8Array>, options: ReadLogOptions): LogReader {
  return new LogReader(source, options);
}

/** A log being read. Iterate it once: by record, or faster by batch. */
export class LogReader implements AsyncIterable<LogRecord> {
  readonly statistics: ReadStatistics = { records: 0, bytes: 0, damageCount: 0, damageBytes: 0, damage: [] };
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #options: ReadLogOptions;
  readonly #context: ReadContext;
  #format: LogFormat | undefined;

  constructor(source: AsyncIterable<Uint8Array>, options: ReadLogOptions) {
    this.#source = source;
    this.#options = options;
    this.#format = options.format;
    this.#context = readContext(options);
  }

  /** The format, once it is known. */
  get format(): LogFormat | undefined {
    return this.#format;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogRecord> {
    for await (const batch of this.batches()) yield* batch;
  }

  /** The records in the order of the log, as many at a time as one chunk of the source held. */
  async *batches(): AsyncGenerator<LogRecord[]> {
    let batch: LogRecord[] = [];
    const chunks = this.each(record => {
      batch.push(record);
    });
    for await (const _ of chunks) {
      if (batch.length === 0) continue;
      yield batch;
      batch = [];
    }
  }

  /**
   * Hands each record over as soon as it is read, in the order of the log: nothing is kept, which is the fastest way.
   * @yields after each chunk of the source
   */
  async *each(take: (record: LogRecord) => void): AsyncGenerator<void> {
    const { name, limits } = this.#context;
    const { statistics } = this;
    const bytes = plainBytes(this.#source, limits, reason =>
      this.#damaged({ name, offset: statistics.bytes, line: 0, reason, skipped: 0 }),
    );
    try {
      const { head, ended } = await readHead(bytes, headBytes);
      this.#format ??= detectFormat(head, name);
      if (this.#format === undefined) {
        if (head.length === 0) return;
        throw new TypeError(`${name}: the log format is not recognised; name it with the format option`);
      }
      const parser = formats[this.#format].open(this.#context);
      const sink = {
        record: (record: LogRecord): void => {
          statistics.records += 1;
          take(record);
        },
        damage: (damage: Omit<LogDamage, 'name'>): void => this.#damaged({ name, ...damage }),
      };
      statistics.bytes += head.length;
      parser.push(head, sink);
      yield;
      if (!ended) {
        for await (const chunk of bytes) {
          statistics.bytes += chunk.byteLength;
          parser.push(chunk, sink);
          yield;
        }
      }
      parser.end(sink);
      yield;
    } finally {
      await bytes.return(undefined);
    }
  }

  #damaged(damage: LogDamage): void {
    const { statistics } = this;
    statistics.damageCount += 1;
    statistics.damageBytes += damage.skipped;
    if (statistics.damage.length < damageKept) statistics.damage.push(damage);
    this.#options.onDamage?.(damage);
  }
}

/** The context of a parser, with what the options leave out filled in. */
export function readContext(options: Omit<ReadLogOptions, 'onDamage'>): ReadContext {
  return {
    name: options.name,
    year: options.year,
    zone: zoneOf(options.timezone),
    limits: { ...defaultLimits, ...options.limits },
    accessFormat: options.accessFormat,
  };
}
