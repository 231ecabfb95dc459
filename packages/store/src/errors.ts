/** The one error class of the recorder, and how SQLite's own errors are told apart. */

/** Why the recorder refused. */
export type RecorderErrorCode =
  | 'locked'
  | 'closed'
  | 'corrupt'
  | 'disk-full'
  | 'absent'
  | 'invalid'
  | 'failed';

/** Error of the recorder; `code` tells programs what `message` tells people. */
export class RecorderError extends Error {
  readonly code: RecorderErrorCode;

  constructor(code: RecorderErrorCode, message: string) {
    super(message);
    this.name = 'RecorderError';
    this.code = code;
  }
}

/** SQLite's primary result codes that the recorder acts on (sqlite.org/rescode.html). */
const sqliteCode = { busy: 5, ioError: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const;

/** Primary SQLite result code of an error thrown by `node:sqlite`, or undefined. */
function primaryCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Whether the disk (or the file-size limit) had no room. */
export function isDiskFull(error: unknown): boolean {
  if (primaryCode(error) === sqliteCode.full) return true;
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return error.code === 'ENOSPC' || error.code === 'EDQUOT';
}

/** Whether the write failed below SQLite, as it also does when a write-ahead log cannot grow. */
export function isInputOutputError(error: unknown): boolean {
  const code = primaryCode(error);
  return code === sqliteCode.ioError || code === sqliteCode.cantOpen;
}

/** Whether the database file is damaged. */
export function isCorruption(error: unknown): boolean {
  const code = primaryCode(error);
  return code === sqliteCode.corrupt || code === sqliteCode.notADatabase;
}

/** Whether another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === sqliteCode.busy;
}

/** Message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
