/** Compression of chunks: zstd at its fastest ordinary level, with a checksum so that damage is noticed. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const parameters = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_checksumFlag]: 1,
};

/** Largest chunk that is ever read, before compression, bytes. */
export const maxChunkBytes = 65 << 20;

/** Compresses a chunk. */
export function compressChunk(chunk: Uint8Array): Uint8Array {
  return zstdCompressSync(chunk, { params: parameters, pledgedSrcSize: chunk.length });
}

/**
 * Decompresses a chunk.
 * @throws when the bytes are damaged, or larger than `maxChunkBytes`
 */
export function decompressChunk(bytes: Uint8Array): Uint8Array {
  return zstdDecompressSync(bytes, { maxOutputLength: maxChunkBytes });
}
