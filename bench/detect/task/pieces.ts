/** Bytes as a file gives them. */
const chunkBytes = 128 * 1024;

/** The bytes of a file in memory, in pieces as a file gives them. */
export async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}
