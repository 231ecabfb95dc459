/**
 * Room on the disk. The write-ahead log keeps its blocks and is used again, a reserve file holds back blocks,
 * and on a full disk the database stops growing: new chunks take the pages of the oldest. So findings can be
 * written however full the disk is.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from '../errors.ts';
import { fileBytes, type RecorderFiles } from '../files.ts';

/** The log is written back when it holds this much. The reserve must let the database grow by as much. */
const checkpointBytes = 4 << 20;
const unlimitedPages = 0xfffffffe;
/** Rounds of maintenance without trouble before a disk counts as having room again. */
const enoughQuietRounds = 3;

/** Checkpoints, the reserve and the state of the disk. */
export class Room {
  readonly #files: RecorderFiles;
  readonly #reserveBytes: number;
  #full = false;
  #quietRounds = 0;

  constructor(files: RecorderFiles, reserveBytes: number) {
    this.#files = files;
    this.#reserveBytes = reserveBytes;
  }

  /** Whether the disk was found full and has not been found to have room since. */
  get full(): boolean {
    return this.#full;
  }

  /** Bytes that an unprivileged program could still write to the recorder's disk. */
  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#files.directory);
    return bavail * bsize;
  }

  /** Writes the log back into the database when it is long enough; readers and writers go on meanwhile. */
  checkpointWhenDue(database: DatabaseSync): void {
    if (fileBytes(`${this.#files.database}-wal`) >= checkpointBytes) this.checkpoint(database);
  }

  /** Writes the log back into the database now, as far as readers let it. */
  checkpoint(database: DatabaseSync): void {
    database.prepare('pragma wal_checkpoint(passive)').get();
  }

  /** Frees the reserve and stops the growth of the database at its present size. */
  declareFull(database: DatabaseSync): void {
    this.#full = true;
    this.#quietRounds = 0;
    this.releaseReserve();
    // What is in the log may lie behind the database's end: that much growth the reserve has just paid for.
    this.checkpoint(database);
    const pages = database.prepare('pragma page_count').get()?.['page_count'];
    database.exec(`pragma max_page_count = ${pages}`);
  }

  /** Frees the reserve; returns whether there was one. */
  releaseReserve(): boolean {
    const held = fileBytes(this.#files.reserve) > 0;
    rmSync(this.#files.reserve, { force: true });
    return held;
  }

  /**
   * Makes the reserve if there is room for it, and lets the database grow again; on a disk that was full only
   * after some calls without trouble in between.
   * @returns whether the disk has room
   */
  restore(database: DatabaseSync): boolean {
    this.#quietRounds += 1;
    if (this.#full && this.#quietRounds < enoughQuietRounds) return false;
    const missing = this.#reserveBytes - fileBytes(this.#files.reserve);
    const enough = this.#full ? missing + checkpointBytes : missing;
    if (this.freeBytes() < enough || !this.#fillReserve()) return false;
    if (this.#full) database.exec(`pragma max_page_count = ${unlimitedPages}`);
    this.#full = false;
    return true;
  }

  #fillReserve(): boolean {
    if (fileBytes(this.#files.reserve) === this.#reserveBytes) return true;
    rmSync(this.#files.reserve, { force: true });
    const file = openSync(this.#files.reserve, 'w', 0o600);
    try {
      // Random bytes: zeros would take no room on a disk that compresses.
      const block = randomFillSync(Buffer.alloc(Math.min(this.#reserveBytes, 1 << 16)));
      for (let left = this.#reserveBytes; left > 0; )
        left -= writeSync(file, block, 0, Math.min(left, block.length));
      fsyncSync(file);
      return true;
    } catch (error) {
      rmSync(this.#files.reserve, { force: true });
      if (isDiskFull(error)) return false;
      throw error;
    } finally {
      closeSync(file);
    }
  }
}
