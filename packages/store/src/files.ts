/** Names, sizes and permissions of the recorder's files. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a recorder. */
export interface RecorderFiles {
  readonly directory: string;
  readonly database: string;
  readonly lock: string;
  readonly reserve: string;
}

/** Where the files of the recorder in `directory` are. */
export function filesIn(directory: string): RecorderFiles {
  return {
    directory,
    database: join(directory, 'events.db'),
    lock: join(directory, 'writer.lock'),
    reserve: join(directory, 'reserve'),
  };
}

/** Makes the folder (0700) and an empty private file (0600) at `path`; tightens what is already there. */
export function makePrivate(directory: string, path: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  // A file that is there is not opened: closing it again would drop every lock that this process has on it.
  if (existsSync(path)) chmodSync(path, 0o600);
  else closeSync(openSync(path, 'wx', 0o600));
}

/** Size of a file in bytes, 0 when there is none. */
export function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Bytes on disk of a database with its write-ahead log and the log's index. */
export function databaseBytes(path: string): number {
  return fileBytes(path) + fileBytes(`${path}-wal`) + fileBytes(`${path}-shm`);
}
