/** Saving what can be read of a damaged database. */
import { closeSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import { decompressChunk } from '../chunk/compression.ts';
import { isCorruption, messageOf } from '../errors.ts';
import { fileBytes } from '../files.ts';
import { readMeta, writeMeta } from './meta.ts';
import { createTables, laterTables, pageBytes, salvageOrder, schemaVersion } from './schema.ts';

/** Events saved are bounded, so that a restart after damage stays quick: the newest, this many bytes. */
const maxEventBytes = 256 << 20;
/** Row ids are tried up to here when even their maximum cannot be read. */
const highestRowId = 2 ** 48;

/** What was saved. */
export interface Salvage {
  readonly findings: number;
  readonly processes: number;
  readonly events: number;
  readonly chunks: number;
  /** Why the damaged database could not be opened at all, if so. */
  readonly unreadable?: string;
}

/**
 * Copies what can be read from the damaged database at `path` into `fresh`, which has empty tables.
 * Findings come first; of the events, the newest chunks whose checksum holds.
 */
export function salvage(path: string, fresh: DatabaseSync): Salvage {
  let damaged: DatabaseSync;
  let replaced: boolean;
  try {
    ({ damaged, replaced } = openDamaged(path));
  } catch (error) {
    return { findings: 0, processes: 0, events: 0, chunks: 0, unreadable: messageOf(error) };
  }
  try {
    fresh.exec('begin immediate');
    const counts = new Map<string, number>();
    const unknown = tablesUnknown(damaged, replaced);
    for (const table of salvageOrder) {
      if (!unknown.includes(table)) counts.set(table, copyTable(damaged, fresh, table));
    }
    // What was copied stands in the tables of this version, each on its own page.
    writeMeta(fresh, 'schema', schemaVersion);
    fresh.prepare('delete from meta where key = ?').run('upgraded_from');
    fresh.exec('commit');
    const events = copyEvents(damaged, fresh);
    return { findings: counts.get('finding') ?? 0, processes: counts.get('process') ?? 0, ...events };
  } finally {
    damaged.close();
  }
}

/** Opens the database; one without a readable first page gets that of an empty database in its place. */
function openDamaged(path: string): { damaged: DatabaseSync; replaced: boolean } {
  try {
    return { damaged: openChecked(path), replaced: false };
  } catch (error) {
    if (!isCorruption(error) || fileBytes(path) < 2 * pageBytes) throw error;
    replaceFirstPage(path);
    return { damaged: openChecked(path), replaced: true };
  }
}

/**
 * Tables that must not be copied. In a database that was upgraded, a new first page points to wrong pages for the
 * later tables, and one of version 1 has none of them; incidents are made again from the findings.
 */
function tablesUnknown(damaged: DatabaseSync, replaced: boolean): readonly string[] {
  try {
    const upgraded = readMeta(damaged, 'upgraded_from') !== undefined;
    return readMeta(damaged, 'schema') === '1' || (upgraded && replaced) ? laterTables : [];
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return replaced ? laterTables : [];
  }
}

function openChecked(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.prepare('select count(*) from sqlite_schema').get();
    database.prepare('select * from finding limit 0').all();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * The first page holds only the header and the list of tables, and every recorder creates the same tables in
 * the same order. The original is kept beside the database as `<path>.first-page`.
 */
function replaceFirstPage(path: string): void {
  const donorPath = `${path}.donor`;
  const donor = new DatabaseSync(donorPath);
  createTables(donor);
  donor.exec('pragma wal_checkpoint(truncate)');
  donor.close();
  const page = readFirstPage(donorPath);
  rmSync(donorPath, { force: true });
  // The length of the free list and of the file are unknown: no free pages; SQLite takes the file's own size.
  page.writeUInt32BE(Math.floor(fileBytes(path) / pageBytes), 28);
  page.writeUInt32BE(0, 32);
  page.writeUInt32BE(0, 36);
  writeFileSync(`${path}.first-page`, readFirstPage(path), { mode: 0o600 });
  const file = openSync(path, 'r+');
  writeSync(file, page, 0, pageBytes, 0);
  closeSync(file);
}

function readFirstPage(path: string): Buffer {
  const page = Buffer.alloc(pageBytes);
  const file = openSync(path, 'r');
  readSync(file, page, 0, pageBytes, 0);
  closeSync(file);
  return page;
}

/**
 * Rows of a table in the order of their row ids. Where a page cannot be read, row ids are skipped in doubling
 * steps until rows are found again.
 */
function* readableRows(damaged: DatabaseSync, table: string): Generator<Record<string, SQLOutputValue>> {
  const query = damaged.prepare(`select rowid as row_id, * from ${table} where rowid > ? order by rowid`);
  let last = -1;
  let step = 1;
  while (last < highestRowId) {
    try {
      for (const row of query.iterate(last)) {
        last = Number(row['row_id']);
        step = 1;
        yield row;
      }
      return;
    } catch (error) {
      if (!isCorruption(error)) throw error;
      last += step;
      step *= 2;
    }
  }
}

function copyTable(damaged: DatabaseSync, fresh: DatabaseSync, table: string): number {
  const columns = fresh
    .prepare(`select name from pragma_table_info('${table}')`)
    .all()
    .map(row => String(row['name']));
  const insert = fresh.prepare(
    `insert or replace into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  );
  let copied = 0;
  for (const row of readableRows(damaged, table)) {
    try {
      insert.run(...columns.map(name => row[name] as SQLInputValue));
      copied += 1;
    } catch (error) {
      // A row that breaks a constraint is itself damage; the rows around it are still wanted.
      if (isCorruption(error) || !messageOf(error).includes('constraint')) throw error;
    }
  }
  return copied;
}

function copyEvents(damaged: DatabaseSync, fresh: DatabaseSync): Pick<Salvage, 'events' | 'chunks'> {
  const readBytes = damaged.prepare('select bytes from event_bytes where first_sequence = ?');
  const insertBytes = fresh.prepare('insert into event_bytes (first_sequence, bytes) values (?, ?)');
  const insertChunk = fresh.prepare(
    `insert into event_chunk (first_sequence, count, first_time, last_time, boot, kinds, formats, raw_bytes,
     stored_bytes) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const summaries = [...readableRows(damaged, 'event_chunk')].reverse();
  let events = 0;
  let chunks = 0;
  let total = 0;
  for (const row of summaries) {
    if (total > maxEventBytes) break;
    const bytes = readableBytes(() => readBytes.get(row['first_sequence'] as number)?.['bytes']);
    if (bytes === undefined) continue;
    fresh.exec('begin immediate');
    insertBytes.run(row['first_sequence'] as number, bytes);
    insertChunk.run(
      ...(
        [
          'first_sequence',
          'count',
          'first_time',
          'last_time',
          'boot',
          'kinds',
          'formats',
          'raw_bytes',
        ] as const
      ).map(name => row[name] as SQLInputValue),
      bytes.length,
    );
    fresh.exec('commit');
    total += bytes.length;
    events += Number(row['count']);
    chunks += 1;
  }
  return { events, chunks };
}

/** The bytes of a chunk if they can be read and their checksum holds. */
function readableBytes(read: () => SQLOutputValue | undefined): Uint8Array | undefined {
  try {
    const bytes = read();
    if (!(bytes instanceof Uint8Array)) return undefined;
    decompressChunk(bytes);
    return bytes;
  } catch {
    return undefined;
  }
}
