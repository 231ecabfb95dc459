/** What is kept of each file of an image: what every kind of image can tell, so that all can be compared. */
import type { StateEntry } from '@redoubt/model';

/** An image that cannot be read, with the reason. */
export class ImageError extends Error {}

/** Most entries of one image. */
export const maxEntries = 3_000_000;

/** Facts of one file. ACLs and extended attributes are left out: not every kind of image carries them. */
export interface ImageFacts {
  readonly type: 'file' | 'directory' | 'link' | 'device' | 'fifo' | 'socket';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes, of files alone. */
  readonly size: number;
  /** Of files alone; lower-case hexadecimal. */
  readonly sha256: string;
  /** Where a link leads. */
  readonly target: string;
}

/** The entry of a path. Facts that do not belong to its type are left out. */
export function entryOf(
  path: string,
  { type, mode, uid, gid, size, sha256, target }: ImageFacts,
): StateEntry {
  return {
    key: path,
    facts: {
      type,
      mode,
      uid,
      gid,
      ...(type === 'file' && { size, sha256 }),
      ...(type === 'link' && { target }),
    },
  };
}

/** Bytes of a path as text: what is no UTF-8 stands as `\xHH`, a backslash as `\\`. */
export function pathText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text.replaceAll('\\', '\\\\');
  let told = '';
  for (const character of bytes.toString('latin1')) {
    const code = character.charCodeAt(0);
    told += code >= 0x80 ? `\\x${code.toString(16)}` : character === '\\' ? '\\\\' : character;
  }
  return told;
}
