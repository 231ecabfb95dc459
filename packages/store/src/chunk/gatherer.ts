/** Gathers batches into chunks on the caller's thread, with as little work a batch as a copy. */
import type { EventBatch } from '../types.ts';
import { frameBytes, writeFrame } from './frames.ts';

/** A chunk that is complete, before compression. */
export interface SealedChunk {
  readonly buffer: ArrayBuffer;
  /** Bytes in use at the start of `buffer`. */
  readonly length: number;
  readonly firstSequence: number;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly formats: string[];
  readonly kinds: string[];
}

/** Bytes of a chunk before compression. Larger ones compress little better and are slower to look into. */
export const chunkBytes = 1 << 20;
/** Largest batch that is taken, bytes. */
export const maxBatchBytes = 64 << 20;
const maxSpareBuffers = 3;

/** Fills one chunk at a time; buffers come back through `recycle` so that steady work allocates nothing. */
export class ChunkGatherer {
  readonly #spare: ArrayBuffer[] = [];
  #bytes: Uint8Array | undefined;
  #view = new DataView(new ArrayBuffer(0));
  #length = 0;
  #firstSequence = 0;
  #count = 0;
  #firstTime = Number.POSITIVE_INFINITY;
  #lastTime = Number.NEGATIVE_INFINITY;
  #formats: string[] = [];
  readonly #kinds = new Set<string>();

  /** Bytes gathered and not yet sealed. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a batch whose first event has the number `sequence`.
   * @returns the chunk that had to be sealed to make room, if any
   * @throws RangeError when the batch is larger than `maxBatchBytes`
   */
  add(batch: EventBatch, sequence: number): SealedChunk | undefined {
    const need = frameBytes(batch.bytes.length);
    if (batch.bytes.length > maxBatchBytes) {
      throw new RangeError(`batch of ${batch.bytes.length} bytes; the recorder takes ${maxBatchBytes}`);
    }
    const full = this.#bytes !== undefined && this.#length + need > this.#bytes.length;
    const sealed = full ? this.seal() : undefined;
    const target = this.#bytes ?? this.#begin(need, sequence);
    let formatIndex = this.#formats.indexOf(batch.format);
    if (formatIndex < 0) formatIndex = this.#formats.push(batch.format) - 1;
    const { bytes, count, firstTime, lastTime } = batch;
    this.#length = writeFrame(target, this.#view, this.#length, {
      bytes,
      count,
      firstTime,
      lastTime,
      formatIndex,
    });
    this.#count += count;
    if (firstTime < this.#firstTime) this.#firstTime = firstTime;
    if (lastTime > this.#lastTime) this.#lastTime = lastTime;
    for (const kind of batch.kinds) this.#kinds.add(kind);
    return sealed;
  }

  /** Ends the chunk at hand; undefined when nothing was gathered. */
  seal(): SealedChunk | undefined {
    if (this.#bytes === undefined) return undefined;
    const sealed: SealedChunk = {
      buffer: this.#bytes.buffer as ArrayBuffer,
      length: this.#length,
      firstSequence: this.#firstSequence,
      count: this.#count,
      firstTime: this.#firstTime,
      lastTime: this.#lastTime,
      formats: this.#formats,
      kinds: [...this.#kinds],
    };
    this.#bytes = undefined;
    this.#length = 0;
    return sealed;
  }

  /** Takes back the buffer of a chunk that is written. */
  recycle(buffer: ArrayBuffer): void {
    if (buffer.byteLength === chunkBytes && this.#spare.length < maxSpareBuffers) this.#spare.push(buffer);
  }

  #begin(need: number, sequence: number): Uint8Array {
    const buffer =
      need > chunkBytes ? new ArrayBuffer(need) : (this.#spare.pop() ?? new ArrayBuffer(chunkBytes));
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#firstSequence = sequence;
    this.#count = 0;
    this.#firstTime = Number.POSITIVE_INFINITY;
    this.#lastTime = Number.NEGATIVE_INFINITY;
    this.#formats = [];
    this.#kinds.clear();
    return this.#bytes;
  }
}
