/** Chunks of events: written as a whole, given up from the oldest. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { compressChunk } from '../chunk/compression.ts';
import type { SealedChunk } from '../chunk/gatherer.ts';
import { packKinds } from '../chunk/kind-set.ts';

/** A chunk that only has to be inserted. */
export interface CompressedChunk {
  readonly chunk: SealedChunk;
  readonly bytes: Uint8Array;
}

/** Compresses a chunk; done before the transaction, which should be short. */
export function compress(chunk: SealedChunk): CompressedChunk {
  return { chunk, bytes: compressChunk(new Uint8Array(chunk.buffer, 0, chunk.length)) };
}

/** What becomes of a chunk: given up, kept while later ones are looked at, or the end of looking. */
export type Verdict = 'give' | 'keep' | 'stop';

/** Events and chunks that were given up. */
export interface Given {
  readonly events: number;
  readonly chunks: number;
}

/** The tables `event_chunk`, `event_bytes`, `event_kind` and `boot`, for writing. */
export class ChunkTable {
  readonly #database: DatabaseSync;
  readonly #insertChunk: StatementSync;
  readonly #insertBytes: StatementSync;
  readonly #oldest: StatementSync;
  readonly #deleteChunks: StatementSync;
  readonly #deleteBytes: StatementSync;
  readonly #kinds = new Map<string, number>();
  readonly #boots = new Map<string, number>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insertChunk = database.prepare(
      `insert into event_chunk (first_sequence, count, first_time, last_time, boot, kinds, formats, raw_bytes,
       stored_bytes) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertBytes = database.prepare('insert into event_bytes (first_sequence, bytes) values (?, ?)');
    this.#oldest = database.prepare(
      'select first_sequence, count, last_time, stored_bytes from event_chunk order by first_sequence limit 2000',
    );
    this.#deleteChunks = database.prepare('delete from event_chunk where first_sequence = ?');
    this.#deleteBytes = database.prepare('delete from event_bytes where first_sequence = ?');
    for (const row of database.prepare('select number, name from event_kind').all()) {
      this.#kinds.set(String(row['name']), Number(row['number']));
    }
    for (const row of database.prepare('select number, boot_id from boot').all()) {
      this.#boots.set(String(row['boot_id']), Number(row['number']));
    }
  }

  /** Inserts a chunk; a transaction must be open. */
  insert({ chunk, bytes }: CompressedChunk, bootId: string): void {
    const numbers = chunk.kinds.map(name => this.#number(this.#kinds, 'event_kind', 'name', name));
    this.#insertChunk.run(
      chunk.firstSequence,
      chunk.count,
      Math.floor(chunk.firstTime),
      Math.ceil(chunk.lastTime),
      this.bootNumber(bootId),
      packKinds(numbers),
      chunk.formats.join(','),
      chunk.length,
      bytes.length,
    );
    this.#insertBytes.run(chunk.firstSequence, bytes);
  }

  /** Number of a boot; a transaction must be open, since a new one is noted. */
  bootNumber(bootId: string): number {
    return this.#number(this.#boots, 'boot', 'boot_id', bootId);
  }

  /** Forgets the numbers given out in a transaction that was rolled back. */
  forgetNumbers(): void {
    this.#kinds.clear();
    this.#boots.clear();
  }

  /**
   * Gives up chunks in one transaction, looking at them from the oldest (at most 2000).
   * @param verdict is asked with the last event time of a chunk and the bytes given up so far
   */
  giveUpOldest(verdict: (lastTime: number, bytesBefore: number) => Verdict): Given {
    let events = 0;
    let chunks = 0;
    let bytes = 0;
    this.#database.exec('begin immediate');
    try {
      for (const row of this.#oldest.all()) {
        const said = verdict(Number(row['last_time']), bytes);
        if (said === 'stop') break;
        if (said === 'keep') continue;
        const first = Number(row['first_sequence']);
        this.#deleteChunks.run(first);
        this.#deleteBytes.run(first);
        events += Number(row['count']);
        chunks += 1;
        bytes += Number(row['stored_bytes']);
      }
      this.#database.exec('commit');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
    return { events, chunks };
  }

  #number(known: Map<string, number>, table: 'event_kind' | 'boot', column: string, name: string): number {
    const seen = known.get(name);
    if (seen !== undefined) return seen;
    // Numbers begin at 0 and are dense, as they are bits.
    this.#database
      .prepare(
        `insert into ${table} (number, ${column}) select coalesce(max(number) + 1, 0), ? from ${table}
         where true on conflict (${column}) do nothing`,
      )
      .run(name);
    const row = this.#database.prepare(`select number from ${table} where ${column} = ?`).get(name);
    const number = Number(row?.['number']);
    known.set(name, number);
    return number;
  }
}
