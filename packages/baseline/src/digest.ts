/** Digests of open files. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** Digest of an open file in hexadecimal, read from where it stands to its end, piece by piece into the same memory. */
export async function digestOf(handle: FileHandle, algorithm: 'md5' | 'sha256'): Promise<string> {
  const hash = createHash(algorithm);
  const piece = Buffer.allocUnsafeSlow(1 << 18);
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
  }
}
