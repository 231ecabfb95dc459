/** One followed file: its lines as entries, and the place to go on from once they are recorded. */
import { open } from 'node:fs/promises';
import type { FollowedLog, FollowPosition, LineBatch, LogRecord } from '@redoubt/observe/log';
import { identityOf, type LogEntry, logEntry } from './entry.ts';
import type { LogPlace } from './positions.ts';

/** A stretch of the parsed stream, and where it stands in which file. */
interface Stretch {
  readonly streamOffset: number;
  readonly file: string;
  readonly offset: number;
}

/** Entries, and the place behind them. */
export interface Taken {
  readonly entries: LogEntry[];
  readonly place: LogPlace;
}

/** Stretches that are remembered; records that began earlier are named without their place. */
const stretchesKept = 64;
/** Records behind a position that are remembered; more than stand open in any audit log. */
const aheadKept = 10_000;
const headerBytes = 16 * 1024;

/** Turns batches of lines of one file into entries. */
export class FollowedFile {
  readonly #log: FollowedLog;
  readonly #source: string;
  #pushed = 0;
  #stretches: Stretch[] = [];
  #ahead: { streamOffset: number; identity: string }[] = [];
  #position: FollowPosition | undefined;
  #last: LineBatch | undefined;
  #lastAt = 0;

  /** @param position where the file stood when following began */
  constructor(log: FollowedLog, source: string, position: FollowPosition | undefined) {
    this.#log = log;
    this.#source = source;
    this.#position = position;
  }

  /** Feeds the header of a file (Zeek) that is not read from its start. */
  async readHeader(path: string, batch: LineBatch): Promise<void> {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
      const text = buffer.subarray(0, bytesRead).toString('latin1');
      const header = /^(?:#[^\n]*\n)*/.exec(text)?.[0] ?? '';
      if (header === '') return;
      this.#log.take({ ...batch, offset: 0, bytes: Buffer.from(header, 'latin1') });
      this.#pushed += header.length;
    } finally {
      await file.close();
    }
  }

  /** @throws TypeError when the format is not recognised; the place has then not moved */
  take(batch: LineBatch): Taken {
    const base = this.#pushed;
    const { records, position } = this.#log.take(batch);
    this.#pushed += batch.bytes.length;
    this.#last = batch;
    this.#lastAt = performance.now();
    this.#stretches.push({ streamOffset: base, file: batch.file, offset: batch.offset });
    if (this.#stretches.length > stretchesKept) this.#stretches.shift();
    return this.#taken(records, position);
  }

  /** Whether something may wait for more lines. */
  get waits(): boolean {
    return this.#last !== undefined;
  }

  /** What waited for more lines, when none have come for a while; undefined when nothing waited. */
  idle(silentMilliseconds: number): Taken | undefined {
    const last = this.#last;
    if (last === undefined || performance.now() - this.#lastAt < silentMilliseconds) return undefined;
    this.#last = undefined;
    const records = this.#log.idle();
    if (records.length === 0) return undefined;
    // An empty batch makes the log say where to go on now.
    const { position } = this.#log.take({ ...last, bytes: Buffer.alloc(0) });
    return this.#taken(records, position);
  }

  #taken(records: readonly LogRecord[], position: FollowPosition | undefined): Taken {
    const entries = records.map(record => {
      const { offset } = record.place;
      return logEntry(record, this.#source, this.#placeOf(offset), offset);
    });
    const heldFrom = this.#heldFrom(position);
    if (position !== undefined) this.#position = position;
    if (heldFrom === this.#pushed) this.#ahead = [];
    else {
      const held = entries.map(({ streamOffset, event }) => ({ streamOffset, identity: identityOf(event) }));
      this.#ahead = [...this.#ahead, ...held]
        .filter(({ streamOffset }) => streamOffset >= heldFrom)
        .slice(-aheadKept);
    }
    const ahead = this.#ahead.map(({ identity }) => identity);
    return {
      entries,
      place: {
        ...(this.#position !== undefined && { follow: this.#position }),
        ...(ahead.length > 0 && { ahead }),
      },
    };
  }

  /** Where in the stream the position stands: everything before it is recorded. */
  #heldFrom(position: FollowPosition | undefined): number {
    const last = this.#stretches.at(-1);
    if (position === undefined || last === undefined) return 0;
    const state = position.files.findLast(file => `${file.dev}:${file.ino}` === last.file);
    if (state === undefined || state.retired !== 0) return this.#pushed;
    return Math.min(this.#pushed, last.streamOffset + (state.offset - last.offset));
  }

  /** Device, inode and offset at which a record began. */
  #placeOf(streamOffset: number): string {
    const stretch = this.#stretches.findLast(each => each.streamOffset <= streamOffset);
    if (stretch === undefined) return 'earlier file';
    return `${stretch.file}@${stretch.offset + (streamOffset - stretch.streamOffset)}`;
  }
}
