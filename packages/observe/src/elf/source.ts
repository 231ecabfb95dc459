/** Where the bytes of an ELF file come from: a buffer, or an open file that is read piece by piece. */
import { fstatSync, readSync } from 'node:fs';

/** Bytes that can be read at any place. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** The bytes from `offset` on: `length` of them, fewer only where the source ends. */
  read(offset: number, length: number): Buffer;
}

/** The bytes of a buffer; what is read shares its memory. */
export function bufferSource(bytes: Buffer): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/**
 * An open file. It is read when asked and never as a whole; it stays the caller's to close.
 * @throws what fstat throws
 */
export function fileSource(descriptor: number): ByteSource {
  return {
    size: fstatSync(descriptor).size,
    read(offset, length) {
      const bytes = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const got = readSync(descriptor, bytes, done, length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return bytes.subarray(0, done);
    },
  };
}
