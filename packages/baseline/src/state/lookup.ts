/** Golden entries by key, for judging single changes as they happen. */
import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { StateEntry } from '@redoubt/model';

/** Entries that are written in one transaction. */
const batchSize = 5_000;

/** SQLite's cache, kibibytes; negative as `PRAGMA cache_size` wants them. */
const cacheSize = -2000;

/**
 * An index on disk of a verified state. It is built anew at each start from the state itself, since the index is not
 * signed, and goes when it is closed.
 */
export class GoldenLookup {
  readonly #database: DatabaseSync;
  readonly #find: StatementSync;
  readonly #below: StatementSync;
  readonly #file: string;

  private constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.#below = database.prepare('SELECT key FROM entry WHERE key > ? AND key < ? LIMIT ?');
    this.#find = database.prepare('SELECT facts FROM entry WHERE key = ?');
  }

  /**
   * Builds an index. The thread is given to others between batches.
   * @param file is replaced
   */
  static async build(entries: AsyncIterable<StateEntry>, file: string): Promise<GoldenLookup> {
    await GoldenLookup.write(entries, file);
    return GoldenLookup.open(file);
  }

  /** Opens an index that has just been written. */
  static open(file: string): GoldenLookup {
    const database = new DatabaseSync(file, { readOnly: true });
    database.exec(`PRAGMA cache_size = ${cacheSize}`);
    return new GoldenLookup(database, file);
  }

  /**
   * Writes an index, here or in a process that ends afterwards and gives its memory back.
   * @param file is replaced
   */
  static async write(entries: AsyncIterable<StateEntry>, file: string): Promise<void> {
    rmSync(file, { force: true });
    const database = new DatabaseSync(file);
    try {
      database.exec(
        `PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = ${cacheSize}; CREATE TABLE entry (key TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID`,
      );
      const insert = database.prepare('INSERT INTO entry VALUES (?, ?)');
      let count = 0;
      database.exec('BEGIN');
      for await (const { key, facts } of entries) {
        insert.run(key, JSON.stringify(facts));
        if (++count % batchSize !== 0) continue;
        database.exec('COMMIT; BEGIN');
        await new Promise(resolve => setImmediate(resolve));
      }
      database.exec('COMMIT');
      database.close();
    } catch (error) {
      database.close();
      rmSync(file, { force: true });
      throw error;
    }
  }

  /** The golden entry of a key, undefined when there is none. */
  get(key: string): StateEntry | undefined {
    const row = this.#find.get(key);
    return row === undefined ? undefined : { key, facts: JSON.parse(String(row['facts'])) };
  }

  /** Keys below a folder, in no order that matters, at most `most`. */
  keysBelow(folder: string, most: number): string[] {
    // In the order of bytes '0' follows '/', so what begins with `FOLDER/` is what lies between the two.
    const [from, to] = [folder === '/' ? '/' : `${folder}/`, folder === '/' ? '0' : `${folder}0`];
    return this.#below.all(from, to, most).map(row => String(row['key']));
  }

  close(): void {
    this.#database.close();
    rmSync(this.#file, { force: true });
  }
}
