/** The database from its writer's side: transactions, and what is done when one fails. */

import type { DatabaseSync } from 'node:sqlite';
import { isCorruption, isDiskFull, isInputOutputError, messageOf } from '../errors.ts';
import { databaseBytes, filesIn, type RecorderFiles } from '../files.ts';
import type { RecorderWarning, StatusChange } from '../types.ts';
import { diskClear, diskFull, uncleanStop, writeFailed } from '../warnings.ts';
import { ChunkTable, type CompressedChunk, compress } from './chunks.ts';
import { DocumentTables } from './documents.ts';
import { FindingTable } from './findings.ts';
import { noteLoss } from './losses.ts';
import { readMeta, readMetaNumber, writeMeta } from './meta.ts';
import { beginAgain, type Opened, openForWriting } from './open.ts';
import { ProcessTable } from './processes.ts';
import type { WriteRequest, WriterSettings, WrittenReply } from './protocol.ts';
import { Keeper } from './retention.ts';
import { Room } from './room.ts';
import { type Rows, rowsOf } from './rows.ts';

/**
 * After an unclean stop numbering goes on this much later: more events than a queue can hold, so that a number
 * which was shown live, and lost, is never given twice.
 */
const sequenceGap = 2 ** 24;
/** Room made at one time on a full disk, bytes of chunks. */
const roomStepBytes = 8 << 20;
/** Times that room is made for one write. */
const maxAttempts = 8;
/** An input/output error with less than this free is taken for a full disk. */
const tightBytes = 1 << 20;

/** Owns the writing connection; lives in the writer thread. */
export class WriterStore {
  readonly #settings: WriterSettings;
  readonly #files: RecorderFiles;
  readonly #room: Room;
  readonly #keeper: Keeper;
  readonly #warn: (warning: RecorderWarning) => void;
  #database: DatabaseSync;
  #chunks: ChunkTable;
  #processes: ProcessTable;
  #findings: FindingTable;
  #documents: DocumentTables;
  #nextSequence: number;
  #lostWhileFull = 0;
  #expired = 0;

  /**
   * Opens the database in `settings.directory`; the caller holds the lock.
   * @param warn is called for everything that the operator must know
   */
  constructor(settings: WriterSettings, warn: (warning: RecorderWarning) => void) {
    this.#settings = settings;
    this.#warn = warn;
    this.#files = filesIn(settings.directory);
    this.#room = new Room(this.#files, settings.reserveBytes);
    this.#keeper = new Keeper(settings.retention);
    const { opened, tight } = this.#open();
    this.#database = opened.database;
    this.#chunks = new ChunkTable(this.#database);
    this.#processes = new ProcessTable(this.#database);
    this.#findings = new FindingTable(this.#database);
    this.#documents = new DocumentTables(this.#database);
    this.#nextSequence = this.#continueNumbering();
    if (tight) this.#makeRoom();
    this.#tell(opened.warnings);
    this.#begin();
  }

  /** Sequence number that the next event will get. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Bytes on disk. */
  get databaseBytes(): number {
    return databaseBytes(this.#files.database);
  }

  /** Writes everything in the request in one transaction, making room and repairing as it must. */
  write(request: WriteRequest): WrittenReply {
    this.#nextSequence = request.nextSequence;
    const chunks = request.chunks.map(compress);
    const rows = rowsOf(request);
    const failure = this.#attempt(() => this.#writeAll(chunks, rows, request.warnings));
    const eventsLost = failure === undefined ? 0 : total(chunks, ({ chunk }) => chunk.count);
    let rowsWritten = true;
    if (failure !== undefined) {
      rowsWritten = this.#attempt(() => this.#writeAll([], rows, request.warnings)) === undefined;
      // Findings are what matters most: they are tried alone too.
      if (!rowsWritten) this.#attempt(() => this.#writeAll([], { ...rows, processes: [] }, []));
      if (this.#room.full) this.#lostWhileFull += eventsLost;
      else this.#tell([writeFailed(messageOf(failure), eventsLost)]);
    }
    // Apart from the transaction, which has its effect whether this works or not.
    this.#attempt(() => this.#room.checkpointWhenDue(this.#database));
    const written = failure === undefined ? chunks : [];
    return {
      type: 'written',
      buffers: request.chunks.map(chunk => chunk.buffer),
      eventsWritten: total(written, ({ chunk }) => chunk.count),
      eventsDropped: eventsLost,
      chunksWritten: written.length,
      rawBytes: total(written, ({ chunk }) => chunk.length),
      storedBytes: total(written, ({ bytes }) => bytes.length),
      rowsWritten,
      databaseBytes: this.databaseBytes,
      eventsExpired: this.#expired,
    };
  }

  /** Sets the status of a finding; whether there is such a finding. */
  setStatus(uid: string, change: StatusChange): boolean {
    let found = false;
    const failure = this.#attempt(() =>
      this.#transaction(true, () => {
        found = this.#findings.setStatus(uid, change);
      }),
    );
    if (failure !== undefined) throw failure;
    return found;
  }

  /** Retention, and a look whether a full disk has room again. */
  async maintain(): Promise<void> {
    const database = this.#database;
    try {
      const keeping = {
        database,
        chunks: this.#chunks,
        processes: this.#processes,
        room: this.#room,
        files: this.#files,
        boot: this.#chunks.bootNumber(this.#settings.bootId),
      };
      this.#expired += await this.#keeper.run(keeping);
      this.#room.checkpointWhenDue(this.#database);
      this.#regainRoom();
    } catch (error) {
      // A write in between may have found damage and begun again: then the next round is soon enough.
      if (database !== this.#database) return;
      if (isCorruption(error)) this.#beginAgain(error);
      else if (this.#isFull(error)) this.#makeRoom();
      else throw error;
    }
  }

  /** Marks a stop in order and closes the database. */
  close(nextSequence: number): void {
    this.#nextSequence = nextSequence;
    this.#attempt(() =>
      this.#transaction(false, () => {
        writeMeta(this.#database, 'next_sequence', nextSequence);
        writeMeta(this.#database, 'clean_stop', '1');
      }),
    );
    this.#database.close();
  }

  /** Opens the database; on a full disk with the room that the reserve held back. */
  #open(): { opened: Opened; tight: boolean } {
    try {
      return { opened: openForWriting(this.#files), tight: false };
    } catch (error) {
      if (!this.#isFull(error) || !this.#room.releaseReserve()) throw error;
      return { opened: openForWriting(this.#files), tight: true };
    }
  }

  #continueNumbering(): number {
    const row = this.#database
      .prepare(
        'select first_sequence + count as behind from event_chunk order by first_sequence desc limit 1',
      )
      .get();
    const next = Math.max(Number(row?.['behind'] ?? 1), readMetaNumber(this.#database, 'next_sequence', 1));
    if (readMeta(this.#database, 'clean_stop') !== '0') return next;
    this.#tell([uncleanStop()]);
    return next + sequenceGap;
  }

  #begin(): void {
    this.#attempt(() =>
      this.#transaction(false, () => {
        writeMeta(this.#database, 'clean_stop', '0');
        writeMeta(this.#database, 'next_sequence', this.#nextSequence);
        this.#chunks.bootNumber(this.#settings.bootId);
      }),
    );
    this.#room.restore(this.#database);
  }

  #writeAll(chunks: readonly CompressedChunk[], rows: Rows, warnings: readonly RecorderWarning[]): void {
    // A finding must outlive a power cut at once; of events the last seconds may go.
    this.#transaction(rows.findings.length + rows.documents.length > 0, () => {
      const { bootId } = this.#settings;
      for (const chunk of chunks) this.#chunks.insert(chunk, bootId);
      for (const row of rows.processes) {
        this.#processes.save(row, this.#chunks.bootNumber(row.boot_id), this.#nextSequence);
      }
      for (const finding of rows.findings) this.#findings.save(finding, this.#chunks.bootNumber(bootId));
      for (const document of rows.documents) this.#documents.save(document);
      for (const warning of warnings) noteLoss(this.#database, warning);
      writeMeta(this.#database, 'next_sequence', this.#nextSequence);
    });
  }

  #transaction(durable: boolean, work: () => void): void {
    const database = this.#database;
    if (durable) database.exec('pragma synchronous = full');
    try {
      database.exec('begin immediate');
      work();
      database.exec('commit');
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      this.#chunks.forgetNumbers();
      throw error;
    } finally {
      if (durable) database.exec('pragma synchronous = normal');
    }
  }

  /** Does `work`, making room or repairing and trying again; returns the error that it failed with at last. */
  #attempt(work: () => void): unknown {
    for (let attempt = 1; ; attempt += 1) {
      try {
        work();
        return undefined;
      } catch (error) {
        if (attempt === maxAttempts) return error;
        if (isCorruption(error) && attempt === 1) this.#beginAgain(error);
        else if (!this.#isFull(error) || !this.#makeRoom()) return error;
      }
    }
  }

  /** Whether the disk has no room. An index of the log that cannot grow shows as an input/output error. */
  #isFull(error: unknown): boolean {
    return isDiskFull(error) || (isInputOutputError(error) && this.#room.freeBytes() < tightBytes);
  }

  /** Gives up the oldest events; returns whether another attempt makes sense. */
  #makeRoom(): boolean {
    try {
      const wasFull = this.#room.full;
      this.#room.declareFull(this.#database);
      if (!wasFull) this.#warn(diskFull(this.#files.directory));
      const given = this.#chunks.giveUpOldest((_, before) => (before < roomStepBytes ? 'give' : 'stop'));
      this.#expired += given.events;
      this.#room.checkpoint(this.#database);
      return given.chunks > 0 || !wasFull;
    } catch (error) {
      if (this.#isFull(error)) return false;
      throw error;
    }
  }

  #regainRoom(): void {
    const wasFull = this.#room.full;
    if (!this.#room.restore(this.#database) || !wasFull) return;
    this.#tell([diskClear(this.#files.directory, this.#lostWhileFull)]);
    this.#lostWhileFull = 0;
  }

  #beginAgain(reason: unknown): void {
    this.#database.close();
    const opened: Opened = beginAgain(this.#files, messageOf(reason));
    this.#database = opened.database;
    this.#chunks = new ChunkTable(this.#database);
    this.#processes = new ProcessTable(this.#database);
    this.#findings = new FindingTable(this.#database);
    this.#documents = new DocumentTables(this.#database);
    this.#tell(opened.warnings);
    this.#begin();
  }

  /** Tells the operator and notes it in the database. */
  #tell(warnings: readonly RecorderWarning[]): void {
    if (warnings.length === 0) return;
    for (const warning of warnings) this.#warn(warning);
    this.#attempt(() =>
      this.#transaction(false, () => {
        for (const warning of warnings) noteLoss(this.#database, warning);
      }),
    );
  }
}

function total<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}
