/** Digests of open files. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/**
 * Digest of an open file in hexadecimal and the bytes that it is of, read from where the file stands to its end, piece by
 * piece into the same memory.
 * @throws the signal's reason
 */
export async function digestOf(
  handle: FileHandle,
  algorithm: 'md5' | 'sha256',
  signal?: AbortSignal,
): Promise<{ digest: string; size: number }> {
  const hash = createHash(algorithm);
  const piece = Buffer.allocUnsafeSlow(1 << 18);
  let size = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(piece, 0, piece.length);
    if (bytesRead === 0) return { digest: hash.digest('hex'), size };
    hash.update(piece.subarray(0, bytesRead));
    size += bytesRead;
  }
}
