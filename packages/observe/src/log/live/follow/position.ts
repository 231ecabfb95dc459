/** Where a follower stands: kept with what was delivered, so that it can go on at the exact byte. */
import { createHash } from 'node:crypto';

/** How many first bytes tell files apart. */
export const headBytes = 1024;

/** Fingerprint of the first bytes of a file. */
export interface HeadPrint {
  readonly length: number;
  readonly sha256: string;
}

/** How far one file has been read. */
export interface FileState {
  dev: string;
  ino: string;
  /** Bytes delivered; always the beginning of a line. */
  offset: number;
  head: HeadPrint;
  /** When the file was read to its end for good, milliseconds since the epoch; 0 while it is being read. */
  retired: number;
}

/** Where a follower stands. It is plain data: store it as JSON. */
export interface FollowPosition {
  readonly version: 1;
  readonly path: string;
  /** Rotated files not changed after this time were there before, or are long done. */
  readonly since: number;
  readonly files: readonly Readonly<FileState>[];
}

const filesKept = 64;

/** Fingerprint of bytes. */
export function headPrint(bytes: Uint8Array): HeadPrint {
  const head = bytes.subarray(0, headBytes);
  return { length: head.length, sha256: createHash('sha256').update(head).digest('hex') };
}

/** Whether a file with these first bytes begins as the fingerprint says. An empty fingerprint matches nothing. */
export function headMatches(print: HeadPrint, head: Uint8Array): boolean {
  if (print.length === 0 || head.length < print.length) return false;
  return headPrint(head.subarray(0, print.length)).sha256 === print.sha256;
}

/** The states as a position. Old finished files leave the list, and `since` moves on past them. */
export function positionOf(
  path: string,
  since: number,
  files: FileState[],
): { position: FollowPosition; since: number } {
  let from = since;
  while (files.length > filesKept) {
    const index = files.findIndex(file => file.retired > 0);
    if (index < 0) break;
    from = Math.max(from, files[index]?.retired ?? 0);
    files.splice(index, 1);
  }
  return {
    position: { version: 1, path, since: from, files: files.map(file => ({ ...file })) },
    since: from,
  };
}
