/** Opens gzip and Zstandard sources transparently, within a ratio limit. */
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { LimitSettings } from '../limits.ts';

/** Output that is always allowed, however small the input: short logs of equal lines compress very well. */
const freeBytes = 16 * 1024 * 1024;

/** `gzip` or `zstd` when the bytes begin with that format's magic number. */
export function compressionOf(head: Uint8Array): 'gzip' | 'zstd' | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return undefined;
}

/** Joins first chunks until `bytes` are there or the source ends. */
export async function readHead(
  source: AsyncIterator<Uint8Array>,
  bytes: number,
): Promise<{ head: Buffer; ended: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < bytes) {
    const { value, done } = await source.next();
    if (done === true) return { head: Buffer.concat(chunks), ended: true };
    chunks.push(value);
    size += value.byteLength;
  }
  return { head: Buffer.concat(chunks), ended: false };
}

async function* rejoin(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (;;) {
    const { value, done } = await rest.next();
    if (done === true) return;
    yield value;
  }
}

/**
 * The plain bytes of a source that may be compressed.
 * @param report told once, when the compressed data is torn or exceeds the ratio limit; what was decompressed
 *   before is kept. Errors of the source itself are thrown.
 */
export async function* plainBytes(
  source: AsyncIterable<Uint8Array>,
  limits: LimitSettings,
  report: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    const { head } = await readHead(iterator, 4);
    const compression = compressionOf(head);
    const whole = rejoin(head, iterator);
    if (compression === undefined) yield* whole;
    else yield* decompressed(whole, compression, limits, report);
  } finally {
    await iterator.return?.();
  }
}

async function* decompressed(
  source: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
  limits: LimitSettings,
  report: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  let sourceError: unknown;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        read += chunk.byteLength;
        // The stream asks for more before it is done with what it has; the source may lend one buffer again and again.
        yield Uint8Array.from(chunk);
      }
    } catch (error) {
      sourceError = error;
      throw error;
    }
  };
  const decoder = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  const input = Readable.from(counted(), { objectMode: false });
  pipeline(input, decoder, () => {
    // Errors reach the loop below through the decoder.
  });
  let written = 0;
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      written += chunk.length;
      if (written > freeBytes && written > read * limits.compressionRatio) {
        report(`${compression} data expands more than ${limits.compressionRatio} times; reading stopped`);
        return;
      }
      yield chunk;
    }
  } catch (error) {
    if (sourceError !== undefined) throw sourceError;
    report(`${compression} data is damaged: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    decoder.destroy();
    input.destroy();
  }
}
