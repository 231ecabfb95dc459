/** Followed lines as records. */
import { detectFormat } from '../detect.ts';
import type { ByteParser, Sink } from '../format.ts';
import { formats } from '../formats.ts';
import { type ReadLogOptions, readContext } from '../read.ts';
import type { LogRecord } from '../record.ts';
import type { LineBatch } from './follow/options.ts';
import type { FollowPosition } from './follow/position.ts';

/** Records of a followed log. */
export interface RecordBatch {
  readonly records: LogRecord[];
  /**
   * Where to go on once these records are kept: before records that span lines (audit events) and are still held
   * back. Undefined when those began in an earlier file; keep the position before, then.
   */
  readonly position: FollowPosition | undefined;
}

/** Parses what a follower delivers from one file; the format is recognised from the first batch when not given. */
export class FollowedLog {
  readonly #options: Omit<ReadLogOptions, 'limits'>;
  #parser: ByteParser | undefined;

  constructor(options: Omit<ReadLogOptions, 'limits'>) {
    this.#options = options;
  }

  /** @throws TypeError when the format is not given and not recognised */
  take(batch: LineBatch): RecordBatch {
    const { name } = this.#options;
    if (this.#parser === undefined) {
      const format = this.#options.format ?? detectFormat(batch.bytes.subarray(0, 16_384), name);
      if (format === undefined) throw new TypeError(`${name}: the log format is not recognised`);
      this.#parser = formats[format].open(readContext({ ...this.#options, name }));
    }
    const parser = this.#parser;
    const records = this.#collect(sink => parser.push(batch.bytes, sink));
    return { records, position: before(batch, parser.pending) };
  }

  /** Hands out records that waited for lines that may still have come; call it when the log has been silent. */
  idle(): LogRecord[] {
    const parser = this.#parser;
    return parser === undefined ? [] : this.#collect(sink => parser.idle?.(sink));
  }

  #collect(work: (sink: Sink) => void): LogRecord[] {
    const records: LogRecord[] = [];
    const now = Date.now();
    work({
      record: record => {
        record.receivedTime = now;
        records.push(record);
      },
      damage: damage => this.#options.onDamage?.({ name: this.#options.name, ...damage }),
    });
    return records;
  }
}

/** The position of a batch, `pending` bytes earlier in its file. */
function before(batch: LineBatch, pending: number): FollowPosition | undefined {
  if (pending === 0) return batch.position;
  const { files } = batch.position;
  const index = files.findLastIndex(file => `${file.dev}:${file.ino}` === batch.file && file.retired === 0);
  const file = files[index];
  if (file === undefined || file.offset < pending) return undefined;
  return { ...batch.position, files: files.with(index, { ...file, offset: file.offset - pending }) };
}
