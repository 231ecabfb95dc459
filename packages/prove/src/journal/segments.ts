/** The files of a journal: `journal-NUMBER.log`, the number being that of the first line, so that they sort. */
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lineLimit } from './line.ts';

/** A segment is ended at this size, bytes. */
export const segmentBytes = 32 << 20;

/** Name of the segment that begins with a line. */
export function segmentName(seq: number): string {
  return `journal-${String(seq).padStart(12, '0')}.log`;
}

/** Names of the segments of a folder, in order; none when there is no folder. */
export function segmentsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => /^journal-\d{12}\.log$/.test(name))
      .toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A piece of a segment between line feeds. */
export interface Piece {
  readonly text: string;
  /** 1 for the first line of the file. */
  readonly number: number;
  /** Offset of its first byte. */
  readonly offset: number;
  /** Whether a line feed ends it; what a killed writer left has none. */
  readonly ended: boolean;
}

/** Reads a segment line by line. A line longer than the limit comes cut, and so cannot be verified. */
export async function* readSegment(folder: string, name: string): AsyncGenerator<Piece> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let number = 0;
  for await (const chunk of createReadStream(join(folder, name))) {
    let bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      yield { text: bytes.toString('utf8', 0, end), number: ++number, offset, ended: true };
      offset += end + 1;
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > lineLimit) {
      yield { text: '', number: ++number, offset, ended: false };
      return;
    }
    rest = bytes;
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), number: ++number, offset, ended: false };
}
