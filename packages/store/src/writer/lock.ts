/**
 * One writer a folder. The lock is SQLite's own (a file lock of the kernel, gone with its process however it
 * ends) on a small database that also says who holds it.
 */
import { DatabaseSync } from 'node:sqlite';
import { isBusy, RecorderError } from '../errors.ts';
import type { RecorderFiles } from '../files.ts';
import { makePrivate } from '../files.ts';

/** Held until `release`. */
export interface WriterLock {
  release(): void;
}

/**
 * Takes the lock.
 * @throws RecorderError `locked`, naming the process that holds it
 */
export function takeLock(files: RecorderFiles): WriterLock {
  makePrivate(files.directory, files.lock);
  const database = new DatabaseSync(files.lock, { timeout: 0 });
  try {
    // In memory, so that a full disk does not keep the recorder from starting.
    database.exec('pragma journal_mode = memory; pragma synchronous = off; begin immediate;');
    database.exec('create table if not exists holder (pid integer not null, since integer not null)');
    database.exec('delete from holder');
    database.prepare('insert into holder (pid, since) values (?, ?)').run(process.pid, Date.now());
    database.exec('commit; begin immediate;');
    return { release: () => database.close() };
  } catch (error) {
    const refused = isBusy(error) ? lockedBy(database, files) : error;
    database.close();
    throw refused;
  }
}

function lockedBy(database: DatabaseSync, files: RecorderFiles): RecorderError {
  let holder = 'another process';
  try {
    const row = database.prepare('select pid, since from holder').get();
    if (row !== undefined) {
      holder = `process ${row['pid']}, since ${new Date(Number(row['since'])).toISOString()}`;
    }
  } catch (error) {
    if (!isBusy(error)) throw error;
  }
  return new RecorderError('locked', `the recorder in ${files.directory} is in use by ${holder}`);
}
