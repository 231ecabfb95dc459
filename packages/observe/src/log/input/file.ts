/** The bytes of a file, as fast as they come. */
import { closeSync, openSync, readSync } from 'node:fs';

/**
 * Reads a file for whoever has nothing else to do meanwhile. One buffer serves for all of it: for a fresh one the kernel
 * makes new pages, which takes many times as long as reading into it.
 * @yields chunks that hold until the next one is asked for
 * @throws the file system's own error, naming the path
 */
export async function* fileBytes(path: string, chunkBytes = 256 * 1024): AsyncGenerator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(chunkBytes);
    for (;;) {
      const count = readSync(file, buffer, 0, chunkBytes, null);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(file);
  }
}
