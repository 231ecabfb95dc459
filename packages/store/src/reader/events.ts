/**
 * Reading events: the summaries of chunks select which chunks are decoded at all; those are decoded one after
 * the other, in turns short enough for the caller's event loop.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { EventKind } from '@redoubt/model';
import { decompressChunk } from '../chunk/compression.ts';
import { type Frame, readFrames } from '../chunk/frames.ts';
import { kindsMeet, packKinds } from '../chunk/kind-set.ts';
import { messageOf } from '../errors.ts';
import type { StoredEvent } from '../types.ts';
import type { ReadConnection } from './connection.ts';
import { type DecodeContext, decoderOf } from './decoders.ts';
import { NumberedView } from './numbered-view.ts';
import type { ProcessLookup } from './processes.ts';

/** Which events are wanted. Absent means not restricted. */
export interface EventQuery {
  /** Earliest and latest time, milliseconds since the Unix epoch, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly kinds?: Iterable<EventKind> | undefined;
  /** Only events whose sequence number is greater. */
  readonly afterSequence?: number | undefined;
  /** Only events whose sequence number is smaller. */
  readonly beforeSequence?: number | undefined;
  readonly limit?: number | undefined;
  /** By sequence number, which is the order of recording whatever the clock did. Default: ascending. */
  readonly order?: 'ascending' | 'descending' | undefined;
  readonly filter?: ((view: StoredEvent) => boolean) | undefined;
  /** Ends the query early; what was found before is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each chunk that cannot be read; the query goes on behind it. */
  readonly onDamage?: ((damage: ChunkDamage) => void) | undefined;
}

/** A chunk that cannot be read. */
export interface ChunkDamage {
  readonly firstSequence: number;
  readonly count: number;
  readonly reason: string;
}

/** The event loop is let run after this much work, milliseconds. */
const sliceMilliseconds = 5;
/** The clock is looked at after this many events. */
const eventsPerLook = 256;
/** Chunk summaries read at one time. */
const summariesAtOnce = 500;

interface Summary {
  first_sequence: number;
  count: number;
  formats: string;
  boot_id: string;
  kinds: Uint8Array;
}

/** Reads events as the query asks; see {@link EventQuery}. */
export class EventScan {
  readonly #connection: ReadConnection;
  readonly #processes: ProcessLookup;
  readonly #query: EventQuery;
  readonly #kinds: ReadonlySet<EventKind> | undefined;
  readonly #down: boolean;
  #sliceStart = performance.now();

  constructor(connection: ReadConnection, processes: ProcessLookup, query: EventQuery) {
    this.#connection = connection;
    this.#processes = processes;
    this.#query = query;
    this.#kinds = query.kinds === undefined ? undefined : new Set(query.kinds);
    this.#down = query.order === 'descending';
  }

  /** The events that the query selects. */
  async *run(): AsyncGenerator<StoredEvent> {
    let left = this.#query.limit ?? Number.POSITIVE_INFINITY;
    if (left <= 0) return;
    for (const summary of this.#summaries()) {
      if (this.#query.signal?.aborted === true) return;
      for await (const found of this.#chunk(summary)) {
        for (const event of found) {
          yield event;
          left -= 1;
          if (left <= 0) return;
        }
      }
    }
  }

  /** Chunks that may hold wanted events, in the query's order. */
  *#summaries(): Generator<Summary> {
    const { from, to, afterSequence, beforeSequence } = this.#query;
    let low = afterSequence ?? -1;
    let high = beforeSequence ?? Number.MAX_SAFE_INTEGER;
    const sql = `select c.first_sequence, c.count, c.formats, c.kinds, b.boot_id from event_chunk c
      join boot b on b.number = c.boot
      where c.first_sequence >= ? and c.first_sequence < ? and c.last_time >= ? and c.first_time <= ?
      order by c.first_sequence ${this.#down ? 'desc' : 'asc'} limit ${summariesAtOnce}`;
    // The chunk that the first wanted event stands in may begin before it.
    const holding = this.#connection
      .statement('select max(first_sequence) as first from event_chunk where first_sequence <= ?')
      .get(low + 1)?.['first'];
    low = typeof holding === 'number' ? holding : low;
    for (;;) {
      const rows = this.#connection
        .statement(sql)
        .all(
          low,
          high,
          from ?? Number.MIN_SAFE_INTEGER,
          to ?? Number.MAX_SAFE_INTEGER,
        ) as unknown as Summary[];
      const wanted = this.#kinds === undefined ? undefined : this.#kindBits(this.#kinds);
      for (const row of rows) {
        if (row.first_sequence + row.count <= (afterSequence ?? -1) + 1) continue;
        if (wanted === undefined || kindsMeet(row.kinds, wanted)) yield row;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < summariesAtOnce) return;
      if (this.#down) high = last.first_sequence;
      else low = last.first_sequence + 1;
    }
  }

  #kindBits(kinds: ReadonlySet<EventKind>): Uint8Array {
    const rows = this.#connection.statement('select number, name from event_kind').all();
    const numbers = rows.filter(row => kinds.has(row['name'] as EventKind)).map(row => Number(row['number']));
    return packKinds(numbers);
  }

  /** Wanted events of a chunk, in groups: between two groups the event loop has run. */
  async *#chunk(summary: Summary): AsyncGenerator<StoredEvent[]> {
    const frames = this.#open(summary);
    if (frames === undefined) return;
    for (const { frame, first } of this.#down ? frames.reverse() : frames) {
      if (!this.#mayHold(frame, first)) continue;
      const format = summary.formats.split(',')[frame.formatIndex] ?? '';
      // A missing decoder is a fault of the program, not of the chunk: it is thrown.
      const decode = decoderOf(format);
      let found: StoredEvent[] = [];
      let sequence = first;
      try {
        for (const view of decode(frame.bytes, this.#context(summary, frame, first))) {
          const event = new NumberedView(view, sequence);
          sequence += 1;
          if (this.#wants(event)) found.push(event);
          if (sequence % eventsPerLook === 0 && performance.now() - this.#sliceStart > sliceMilliseconds) {
            if (!this.#down) {
              yield found;
              found = [];
            }
            await turn();
            this.#sliceStart = performance.now();
            if (this.#query.signal?.aborted === true) return;
          }
        }
      } catch (error) {
        this.#report(summary, error);
      }
      yield this.#down ? found.reverse() : found;
    }
  }

  #open(summary: Summary): { frame: Frame; first: number }[] | undefined {
    try {
      const row = this.#connection
        .statement('select bytes from event_bytes where first_sequence = ?')
        .get(summary.first_sequence);
      // Given up by retention since its summary was read.
      if (row === undefined) return undefined;
      let first = summary.first_sequence;
      return [...readFrames(decompressChunk(row['bytes'] as Uint8Array))].map(frame => {
        const numbered = { frame, first };
        first += frame.count;
        return numbered;
      });
    } catch (error) {
      this.#report(summary, error);
      return undefined;
    }
  }

  #report(summary: Summary, error: unknown): void {
    const { first_sequence: firstSequence, count } = summary;
    this.#query.onDamage?.({ firstSequence, count, reason: messageOf(error) });
  }

  #mayHold(frame: Frame, first: number): boolean {
    const { from, to, afterSequence, beforeSequence } = this.#query;
    return (
      (from === undefined || Math.ceil(frame.lastTime) >= from) &&
      (to === undefined || Math.floor(frame.firstTime) <= to) &&
      (afterSequence === undefined || first + frame.count - 1 > afterSequence) &&
      (beforeSequence === undefined || first < beforeSequence)
    );
  }

  #wants(event: StoredEvent): boolean {
    const { from, to, afterSequence, beforeSequence, filter } = this.#query;
    if (afterSequence !== undefined && event.sequence <= afterSequence) return false;
    if (beforeSequence !== undefined && event.sequence >= beforeSequence) return false;
    if (this.#kinds !== undefined && !this.#kinds.has(event.kind)) return false;
    if (from !== undefined && event.time < from) return false;
    if (to !== undefined && event.time > to) return false;
    return filter === undefined || filter(event);
  }

  #context({ boot_id }: Summary, frame: Frame, firstSequence: number): DecodeContext {
    return {
      bootId: boot_id,
      firstTime: frame.firstTime,
      lastTime: frame.lastTime,
      count: frame.count,
      firstSequence,
      process: (uid, image) => this.#processes.find(boot_id, uid, image),
      processAt: (uid, time) => this.#processes.at(boot_id, uid, time),
    };
  }
}
