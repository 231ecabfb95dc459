/** Walking over a batch. */
import { Batch, checkRecord, KernelRecord } from './record.ts';

/**
 * Walks over the records of a batch without allocating: `record` is one object that moves.
 *
 *     const cursor = new RecordCursor(batch);
 *     while (cursor.next()) use(cursor.record);
 */
export class RecordCursor {
  readonly record: KernelRecord;
  readonly #batch: Batch;
  #next = 0;

  /** @param data whole records end to end, as handed out by the sensor or kept by the flight recorder */
  constructor(data: ArrayBuffer | Uint8Array) {
    this.#batch = new Batch(data);
    this.record = new KernelRecord(this.#batch, 0);
  }

  /**
   * Moves to the next record; false at the end.
   * @throws RecordError when the bytes are no record; the cursor then stays where it was
   */
  next(): boolean {
    if (this.#next === this.#batch.bytes.length) return false;
    const size = checkRecord(this.#batch, this.#next);
    this.record.moveTo(this.#next);
    this.#next += size;
    return true;
  }
}

/**
 * The records of a batch, each an object of its own that may be kept.
 * @throws RecordError at the first bytes that are no record
 */
export function* records(data: ArrayBuffer | Uint8Array): Generator<KernelRecord, void, void> {
  const cursor = new RecordCursor(data);
  while (cursor.next()) yield cursor.record.retain();
}
