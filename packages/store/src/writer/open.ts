/** Opening the database: new, as it was left, or saved from damage. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isCorruption, messageOf, RecorderError } from '../errors.ts';
import { databaseBytes, fileBytes, makePrivate, type RecorderFiles } from '../files.ts';
import type { RecorderWarning } from '../types.ts';
import { readMeta } from './meta.ts';
import { salvage } from './salvage.ts';
import { applicationId, createTables, salvageOrder, schemaVersion, upgradeTables } from './schema.ts';

/** Every page is checked at opening up to this size; beyond it, every table but the bytes of events. */
const fullCheckBytes = 256 << 20;
/** Damaged databases that are kept; older ones go when a new one is moved aside. */
const keptAside = 2;

/** An open database, and what had to be done to open it. */
export interface Opened {
  readonly database: DatabaseSync;
  readonly warnings: RecorderWarning[];
}

/**
 * Opens the database for writing. A damaged one is moved aside to `events.db.corrupt-<time>`, what can be read
 * of it is copied, and the caller is told.
 * @throws RecorderError when the file belongs to another program or a later version
 */
export function openForWriting(files: RecorderFiles): Opened {
  const emptied = databaseBytes(files.database) === 0 && existsSync(files.reserve);
  makePrivate(files.directory, files.database);
  try {
    const database = openChecked(files.database);
    return { database, warnings: emptied ? [emptiedWarning()] : [] };
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return beginAgain(files, messageOf(error));
  }
}

/** Moves the database aside and goes on with what can be saved of it. No connection to it may be open. */
export function beginAgain(files: RecorderFiles, reason: string): Opened {
  const time = Date.now();
  const stamp = new Date(time).toISOString().replaceAll(/[:.]/g, '-');
  const aside = `${files.database}.corrupt-${stamp}`;
  renameSync(files.database, aside);
  if (fileBytes(`${files.database}-wal`) > 0) renameSync(`${files.database}-wal`, `${aside}-wal`);
  rmSync(`${files.database}-wal`, { force: true });
  rmSync(`${files.database}-shm`, { force: true });
  removeOldAsides(files);
  makePrivate(files.directory, files.database);
  const database = openChecked(files.database);
  const saved = salvage(aside, database);
  const name = basename(aside);
  const warning: RecorderWarning = {
    code: 'corrupt',
    active: true,
    time,
    text: {
      en:
        `The event database was damaged (${reason}) and was moved aside to ${name}. Saved: ${saved.findings} ` +
        `findings, ${saved.processes} processes, ${saved.events} events; whatever else it held is lost.`,
      zh:
        `事件数据库已损坏(${reason}),已移至 ${name}。已抢救:${saved.findings} 条发现、` +
        `${saved.processes} 个进程、${saved.events} 个事件;其余内容已丢失。`,
    },
  };
  return { database, warnings: [warning] };
}

/** The reserve is made after the tables: where it stands and the database has no byte, there was a database. */
function emptiedWarning(): RecorderWarning {
  return {
    code: 'corrupt',
    active: true,
    time: Date.now(),
    text: {
      en: 'The event database was gone or empty though there had been one; everything it held is lost.',
      zh: '事件数据库曾经存在,现已消失或为空;其中内容全部丢失。',
    },
  };
}

/** Opens and checks; creates the tables in an empty file. Damage throws SQLite's own error. */
function openChecked(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    // No tables at all: a new file, or one whose making was cut short.
    const isNew = database.prepare('select count(*) as count from sqlite_schema').get()?.['count'] === 0;
    if (isNew) createTables(database);
    else checkOwner(database, path);
    // Checkpoints are made by hand, between writes; the cache is 2 MiB.
    database.exec(
      `pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 0;
       pragma cache_size = -2048; pragma temp_store = memory; pragma journal_size_limit = 16777216;`,
    );
    if (!isNew) checkPages(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkOwner(database: DatabaseSync, path: string): void {
  const owner = database.prepare('pragma application_id').get()?.['application_id'];
  if (owner !== applicationId) {
    // Our tables under a wrong mark are damage.
    if (!hasTable(database, 'event_chunk')) {
      throw new RecorderError('invalid', `${path} is a database of another program`);
    }
    throw damage('its mark is gone');
  }
  if (hasTable(database, 'meta') && readMeta(database, 'schema') === '1') upgradeTables(database);
  for (const table of [...salvageOrder, 'event_chunk', 'event_bytes']) {
    if (!hasTable(database, table)) throw damage(`its table ${table} is gone`);
  }
  const version = readMeta(database, 'schema');
  if (version === undefined) throw damage('its version is gone');
  if (version !== schemaVersion) {
    throw new RecorderError('invalid', `${path} has version ${version}; this program knows ${schemaVersion}`);
  }
}

function hasTable(database: DatabaseSync, name: string): boolean {
  return (
    database.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(name) !== undefined
  );
}

function checkPages(database: DatabaseSync, path: string): void {
  if (fileBytes(path) <= fullCheckBytes) check(database, 'pragma quick_check(1)');
  else for (const table of [...salvageOrder, 'event_chunk']) check(database, `pragma quick_check(${table})`);
}

function check(database: DatabaseSync, pragma: string): void {
  const result = Object.values(database.prepare(pragma).get() ?? {})[0];
  if (result !== 'ok') throw damage(String(result).replaceAll(/\s+/g, ' ').slice(0, 200));
}

/** An error that counts as SQLite's own SQLITE_CORRUPT. */
function damage(what: string): Error {
  return Object.assign(new Error(what), { errcode: 11 });
}

function removeOldAsides(files: RecorderFiles): void {
  const folder = dirname(files.database);
  const prefix = `${basename(files.database)}.corrupt-`;
  const stamps = new Set<string>();
  const names = readdirSync(folder).filter(name => name.startsWith(prefix));
  for (const name of names) stamps.add(name.slice(prefix.length, prefix.length + 24));
  const old = [...stamps].sort().slice(0, -keptAside);
  for (const name of names) {
    if (old.some(stamp => name.startsWith(prefix + stamp))) rmSync(join(folder, name), { force: true });
  }
}
