/**
 * Layout of a chunk before compression: one frame a batch, so that a decoder gets exactly what its sensor
 * produced. All numbers are little-endian; frames begin on multiples of 8 so that decoders may lay typed
 * arrays over their bytes.
 *
 *   offset  0  u32  length of the batch's bytes
 *           4  u32  number of events
 *           8  f64  first time
 *          16  f64  last time
 *          24  u32  index into the chunk's list of formats
 *          28  u32  0
 *          32  the bytes, padded to a multiple of 8
 */

/** Bytes of a frame's header. */
export const frameHeaderBytes = 32;

/** Bytes that a batch takes in a chunk. */
export function frameBytes(length: number): number {
  return frameHeaderBytes + ((length + 7) & ~7);
}

/** One batch as it stands in a chunk. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly formatIndex: number;
}

/**
 * Writes a frame.
 * @returns offset just behind it
 */
export function writeFrame(target: Uint8Array, view: DataView, offset: number, frame: Frame): number {
  const { bytes } = frame;
  view.setUint32(offset, bytes.length, true);
  view.setUint32(offset + 4, frame.count, true);
  view.setFloat64(offset + 8, frame.firstTime, true);
  view.setFloat64(offset + 16, frame.lastTime, true);
  view.setUint32(offset + 24, frame.formatIndex, true);
  view.setUint32(offset + 28, 0, true);
  target.set(bytes, offset + frameHeaderBytes);
  return offset + frameBytes(bytes.length);
}

/**
 * Reads the frames of a chunk; the bytes of each share the chunk's memory.
 * @throws RangeError when a frame does not fit in the chunk
 */
export function* readFrames(chunk: Uint8Array): Generator<Frame> {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  let offset = 0;
  while (offset < chunk.length) {
    if (offset + frameHeaderBytes > chunk.length) throw new RangeError(`torn frame header at byte ${offset}`);
    const length = view.getUint32(offset, true);
    const start = offset + frameHeaderBytes;
    if (length > chunk.length - start)
      throw new RangeError(`frame at byte ${offset} is longer than its chunk`);
    yield {
      bytes: chunk.subarray(start, start + length),
      count: view.getUint32(offset + 4, true),
      firstTime: view.getFloat64(offset + 8, true),
      lastTime: view.getFloat64(offset + 16, true),
      formatIndex: view.getUint32(offset + 24, true),
    };
    offset += frameBytes(length);
  }
}
