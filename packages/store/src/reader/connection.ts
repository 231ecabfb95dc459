/** A reading connection that follows the database when the writer had to begin a new one. */
import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { isCorruption, messageOf, RecorderError } from '../errors.ts';
import { filesIn } from '../files.ts';

/** Read-only connection; statements are prepared once. */
export class ReadConnection {
  readonly #path: string;
  #database: DatabaseSync;
  #inode: bigint;
  #statements = new Map<string, StatementSync>();
  #closed = false;
  /** Grows when another database file took the place of the one that was open. */
  generation = 0;

  /** @throws RecorderError `absent` when there is no recorder in the folder */
  constructor(directory: string) {
    this.#path = filesIn(directory).database;
    this.#inode = this.#currentInode();
    this.#database = this.#open();
  }

  /** The prepared statement of an SQL text. */
  statement(sql: string): StatementSync {
    this.#follow();
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Ends the connection. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#database.close();
  }

  #follow(): void {
    if (this.#closed) throw new RecorderError('closed', 'the reader is closed');
    const inode = this.#currentInode();
    if (inode === this.#inode) return;
    this.#database.close();
    this.#statements = new Map();
    this.#inode = inode;
    this.#database = this.#open();
    this.generation += 1;
  }

  #currentInode(): bigint {
    const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) throw new RecorderError('absent', `there is no recorder at ${this.#path}`);
    return stat.ino;
  }

  #open(): DatabaseSync {
    try {
      const database = new DatabaseSync(this.#path, { readOnly: true, timeout: 5000 });
      database.exec('pragma cache_size = -1024; pragma query_only = true');
      database.prepare('select 1 from event_chunk limit 1').get();
      return database;
    } catch (error) {
      const code = isCorruption(error) ? 'corrupt' : 'failed';
      throw new RecorderError(code, `the recorder at ${this.#path} cannot be read: ${messageOf(error)}`);
    }
  }
}
