/** Giving up history by age and by size: events from the oldest, then processes that nothing refers to. */

import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { databaseBytes, fileBytes, type RecorderFiles } from '../files.ts';
import type { Retention } from '../types.ts';
import type { ChunkTable } from './chunks.ts';
import { readMetaNumber, writeMeta } from './meta.ts';
import type { ProcessTable } from './processes.ts';
import type { Room } from './room.ts';

/** Chunks given up in one transaction, bytes. */
const stepBytes = 4 << 20;
/** Free pages given back to the disk in one transaction. */
const stepPages = 256;
/** Of the limit: below this nothing is done, and down to that it is brought. */
const highMark = 0.97;
const lowMark = 0.93;
/** Free pages are kept for new chunks up to this part of the file, and at least this many bytes. */
const sparePart = 0.25;
const spareBytes = 16 << 20;
/** A clock that leaps forward is believed only this much faster than time passes. */
const beliefPerElapsed = 24;

/** Clocks may be corrected by this much, milliseconds. */
const toleratedLead = 3_600_000;

/** What retention works on. */
export interface Keeping {
  readonly database: DatabaseSync;
  readonly chunks: ChunkTable;
  readonly processes: ProcessTable;
  readonly room: Room;
  readonly files: RecorderFiles;
  readonly boot: number;
}

/** Runs in short steps, so that writes come in between. */
export class Keeper {
  readonly #limits: Retention;
  #lastRun = performance.now();

  constructor(limits: Retention) {
    this.#limits = limits;
  }

  /**
   * Brings the database within its limits.
   * @returns number of events given up
   */
  async run(keeping: Keeping): Promise<number> {
    const byAge = await this.#expire(keeping);
    const bySize = await this.#shrink(keeping);
    await this.#forgetProcesses(keeping);
    await this.#giveBack(keeping);
    return byAge + bySize;
  }

  async #expire({ database, chunks }: Keeping): Promise<number> {
    const now = Date.now();
    const cutoff = this.#trustedTime(database, now) - this.#limits.maxAge;
    let events = 0;
    for (;;) {
      const given = chunks.giveUpOldest((lastTime, before) => {
        if (before >= stepBytes) return 'stop';
        // A time still to come was stamped by a wrong clock: it says nothing, and must not block what follows.
        if (lastTime > now + toleratedLead) return 'keep';
        return lastTime < cutoff ? 'give' : 'stop';
      });
      events += given.events;
      if (given.chunks === 0) return events;
      await turn();
    }
  }

  /**
   * The time to measure age by. A clock that is set back is followed at once, which keeps more. One that leaps
   * forward is followed at 24 hours an hour, so that a wrong clock cannot take the whole history at one stroke.
   */
  #trustedTime(database: DatabaseSync, now: number): number {
    const elapsed = performance.now() - this.#lastRun;
    this.#lastRun = performance.now();
    const before = readMetaNumber(database, 'trusted_time', now);
    const trusted = Math.min(now, Math.ceil(before + elapsed * beliefPerElapsed));
    writeMeta(database, 'trusted_time', trusted);
    return trusted;
  }

  /** Bytes that the database may take at present. */
  #allowedBytes({ room, files }: Keeping): number {
    const size = databaseBytes(files.database);
    // On a full disk the recorder lives on its own pages: what it gave back, others would take.
    if (room.full) return this.#limits.maxBytes;
    return Math.min(this.#limits.maxBytes, size + room.freeBytes() - this.#limits.minFreeBytes);
  }

  async #shrink(keeping: Keeping): Promise<number> {
    const allowed = this.#allowedBytes(keeping);
    const excess = usedBytes(keeping) - allowed * lowMark;
    if (usedBytes(keeping) < allowed * highMark) return 0;
    let events = 0;
    let left = excess;
    while (left > 0) {
      let bytes = 0;
      const limit = Math.min(stepBytes, left);
      const given = keeping.chunks.giveUpOldest((_, before) => {
        bytes = before;
        return before < limit ? 'give' : 'stop';
      });
      events += given.events;
      left -= Math.max(bytes, 1);
      if (given.chunks === 0) break;
      keeping.room.checkpointWhenDue(keeping.database);
      await turn();
    }
    return events;
  }

  async #forgetProcesses({ database, processes, boot }: Keeping): Promise<void> {
    const row = database.prepare('select min(first_sequence) as oldest from event_chunk').get();
    const oldest = row?.['oldest'];
    if (typeof oldest !== 'number') return;
    while (processes.giveUp(oldest, boot) > 0) await turn();
  }

  /** Gives free pages back to the disk, beyond those that the next chunks will take. */
  async #giveBack(keeping: Keeping): Promise<void> {
    const { database, files, room } = keeping;
    const pageSize = pragma(database, 'page_size');
    const fileSize = fileBytes(files.database);
    const free = () => pragma(database, 'freelist_count') * pageSize;
    const spare = Math.max(fileSize * sparePart, spareBytes);
    const target = databaseBytes(files.database) > this.#allowedBytes(keeping) ? 0 : spare;
    if (room.full || free() <= target) return;
    for (let before = Number.POSITIVE_INFINITY; free() > target && free() < before; ) {
      before = free();
      database.prepare(`pragma incremental_vacuum(${stepPages})`).all();
      room.checkpointWhenDue(database);
      await turn();
    }
    room.checkpoint(database);
  }
}

/** Bytes that hold something: the database without its free pages, and the log. */
function usedBytes({ database, files }: Keeping): number {
  const pages = pragma(database, 'page_count') - pragma(database, 'freelist_count');
  return pages * pragma(database, 'page_size') + fileBytes(`${files.database}-wal`);
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`pragma ${name}`).get()?.[name]);
}
