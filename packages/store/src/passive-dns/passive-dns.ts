/** Rows of what was seen in DNS, written in batches, bounded, in an SQLite file of their own. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** One answer, or a question whose answer had no record: `data` is then the response code. */
export interface DnsSeen {
  /** In lower case, without the final dot. */
  readonly name: string;
  /** Such as `A`. */
  readonly type: string;
  /** Address, name or text; a response code such as `NXDOMAIN` when there was no record. */
  readonly data: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** Program that asked; empty when it is not known. */
  readonly program: string;
}

/** What is remembered of a name and one of its answers. */
export interface SeenRecord {
  name: string;
  type: string;
  data: string;
  first_time: number;
  last_time: number;
  count: number;
  /** The programs that asked, at most {@link programsKept}. */
  programs: string[];
}

/** Which rows: of a name (and all below it), or with an address; all without a value. */
export interface DnsRecordQuery {
  /** A name, or an address or other answer, in lower case. */
  readonly value?: string;
  readonly limit: number;
}

/** How long a name has been known. */
export interface NameAge {
  readonly first_time: number;
  readonly count: number;
}

interface Pending {
  readonly seen: DnsSeen;
  first: number;
  last: number;
  count: number;
  programs: Set<string>;
}

const fileName = 'passive-dns.db';
const programsKept = 8;
/** Rows that wait to be written; more are counted as dropped. */
const pendingLimit = 20_000;
const flushAt = 5_000;
const dataLimit = 1024;

const schema = `
CREATE TABLE IF NOT EXISTS seen (
  name TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL,
  first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, count INTEGER NOT NULL, programs TEXT NOT NULL,
  -- The name with its labels in reverse order, so that a name and all below it stand side by side.
  reversed TEXT NOT NULL,
  PRIMARY KEY (name, type, data)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_data ON seen (data);
CREATE INDEX IF NOT EXISTS seen_reversed ON seen (reversed);
CREATE INDEX IF NOT EXISTS seen_last ON seen (last_time);`;

/** The file in a state directory. */
export function passiveDnsFile(stateDirectory: string): string {
  return join(stateDirectory, fileName);
}

function reversedName(name: string): string {
  return `${name.split('.').reverse().join('.')}.`;
}

/** The writer; one for a state directory. Its owner calls {@link PassiveDns.flush} now and then. */
export class PassiveDns {
  readonly #database: DatabaseSync;
  readonly #rowLimit: number;
  #pending = new Map<string, Pending>();
  #rows: number;
  #sinceTrim = 0;
  /** Sightings that were not kept, since the start; rows that made way for newer ones. */
  dropped = 0;
  forgotten = 0;

  private constructor(database: DatabaseSync, rowLimit: number) {
    this.#database = database;
    this.#rowLimit = rowLimit;
    const row = database.prepare('SELECT count(*) AS n FROM seen').get();
    this.#rows = Number(row?.['n'] ?? 0);
  }

  /**
   * Opens the file, made where there is none. One that cannot be used is put aside.
   * @param rowLimit rows beyond which those seen longest ago go
   * @param onDamage told where a damaged file was put
   * @throws the system's error when the folder cannot be written
   */
  static open(
    stateDirectory: string,
    rowLimit = 1_000_000,
    onDamage?: (aside: string, why: string) => void,
  ): PassiveDns {
    const path = passiveDnsFile(stateDirectory);
    try {
      return new PassiveDns(openDatabase(path), rowLimit);
    } catch (error) {
      if (!existsSync(path)) throw error;
      const aside = `${path}.damaged-${Date.now()}`;
      renameSync(path, aside);
      for (const end of ['-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, aside + end);
      onDamage?.(aside, error instanceof Error ? error.message : String(error));
      return new PassiveDns(openDatabase(path), rowLimit);
    }
  }

  get rows(): number {
    return this.#rows;
  }

  /** Takes a sighting; it is written with the next batch. */
  add(seen: DnsSeen): void {
    const key = `${seen.type} ${seen.name} ${seen.data}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      pending.last = Math.max(pending.last, seen.time);
      pending.first = Math.min(pending.first, seen.time);
      pending.count++;
      if (pending.programs.size < programsKept) pending.programs.add(seen.program);
      return;
    }
    if (this.#pending.size >= pendingLimit) {
      this.dropped++;
      return;
    }
    const data = seen.data.slice(0, dataLimit);
    const programs = new Set([seen.program]);
    this.#pending.set(key, {
      seen: { ...seen, data },
      first: seen.time,
      last: seen.time,
      count: 1,
      programs,
    });
    if (this.#pending.size === flushAt) setImmediate(() => this.#flushQuietly());
  }

  /**
   * Writes what waits, in one transaction.
   * @throws Error when it cannot (a full disk); what waits is kept for the next time
   */
  flush(): void {
    if (this.#pending.size === 0) return;
    const find = this.#database.prepare('SELECT programs FROM seen WHERE name = ? AND type = ? AND data = ?');
    const insert = this.#database.prepare('INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    const update = this.#database.prepare(
      'UPDATE seen SET first_time = min(first_time, ?), last_time = max(last_time, ?), count = count + ?, programs = ? WHERE name = ? AND type = ? AND data = ?',
    );
    let added = 0;
    this.#database.exec('BEGIN');
    try {
      for (const { seen, first, last, count, programs } of this.#pending.values()) {
        const { name, type, data } = seen;
        const known = find.get(name, type, data);
        const all = [...new Set([...textList(known?.['programs']), ...programs])]
          .filter(one => one !== '')
          .slice(0, programsKept);
        if (known !== undefined) update.run(first, last, count, JSON.stringify(all), name, type, data);
        else {
          insert.run(name, type, data, first, last, count, JSON.stringify(all), reversedName(name));
          added++;
        }
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    this.#pending = new Map();
    this.#rows += added;
    this.#sinceTrim += added;
    this.#trim();
  }

  /** When a name, or anything below it, was first seen; undefined when it never was. */
  age(name: string): NameAge | undefined {
    return ageIn(this.#database, name);
  }

  /** Rows of a name with all below it, or with an answer, or all; the newest first. */
  find(query: DnsRecordQuery): SeenRecord[] {
    return findIn(this.#database, query);
  }

  /** Writes what waits, if that is possible, and closes the file. */
  close(): void {
    this.#flushQuietly();
    this.#database.close();
  }

  #flushQuietly(): void {
    try {
      this.flush();
    } catch {
      // The owner's next flush tells.
    }
  }

  #trim(): void {
    const over = this.#rows - this.#rowLimit;
    if (over <= 0 || this.#sinceTrim < Math.min(1000, this.#rowLimit / 10)) return;
    this.#sinceTrim = 0;
    const { changes } = this.#database
      .prepare(
        'DELETE FROM seen WHERE (name, type, data) IN (SELECT name, type, data FROM seen ORDER BY last_time LIMIT ?)',
      )
      .run(over);
    this.#rows -= Number(changes);
    this.forgotten += Number(changes);
  }
}

/** Reads the file of a state directory, whether an agent runs or not. @returns undefined when there is none */
export function readPassiveDns(stateDirectory: string, query: DnsRecordQuery): SeenRecord[] | undefined {
  const path = passiveDnsFile(stateDirectory);
  if (!existsSync(path)) return undefined;
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return findIn(database, query);
  } finally {
    database.close();
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000;');
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The character behind the dot: what is below a name stands before it. */
const behindDot = '/';

function findIn(database: DatabaseSync, { value, limit }: DnsRecordQuery): SeenRecord[] {
  const select = 'SELECT name, type, data, first_time, last_time, count, programs FROM seen';
  const newest = 'ORDER BY last_time DESC LIMIT ?';
  const reversed = reversedName(value ?? '');
  const rows =
    value === undefined
      ? database.prepare(`${select} ${newest}`).all(limit)
      : database
          .prepare(`${select} WHERE (reversed >= ? AND reversed < ?) OR data = ? ${newest}`)
          .all(reversed, reversed.slice(0, -1) + behindDot, value, limit);
  return rows.map(row => ({ ...row, programs: textList(row['programs']) }) as unknown as SeenRecord);
}

function ageIn(database: DatabaseSync, name: string): NameAge | undefined {
  const reversed = reversedName(name);
  const row = database
    .prepare(
      'SELECT min(first_time) AS first, sum(count) AS n FROM seen WHERE reversed >= ? AND reversed < ?',
    )
    .get(reversed, reversed.slice(0, -1) + behindDot);
  const first = row?.['first'];
  return typeof first === 'number' ? { first_time: first, count: Number(row?.['n']) } : undefined;
}

function textList(json: unknown): string[] {
  if (typeof json !== 'string') return [];
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) ? list.filter(one => typeof one === 'string') : [];
}
