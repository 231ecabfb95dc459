/** One event record in a batch. Nothing is decoded before it is asked for. */
import type { EventKind } from '@redoubt/model';
import { headerSize, kindCount, kindNames, RecordFlag, SectionFlag, sectionHeaderSize } from './layout.ts';

/** A batch of records that cannot be what the kernel wrote: torn, cut off, or not a batch at all. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
  /** Byte offset in the batch of the record that is wrong. */
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(`kernel record at byte ${offset}: ${reason}`);
    this.offset = offset;
  }
}

/** The bytes of a batch, with the two ways of looking at them that decoding needs. */
export class Batch {
  readonly bytes: Buffer;
  readonly view: DataView;

  constructor(data: ArrayBuffer | Uint8Array) {
    this.bytes =
      data instanceof Uint8Array
        ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
        : Buffer.from(data);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }
}

/**
 * Checks that a whole record stands at `offset`, sections included, and returns its size.
 * After this every getter of KernelRecord stays inside the record.
 * @throws RecordError when it does not
 */
export function checkRecord(batch: Batch, offset: number): number {
  const { view } = batch;
  const left = view.byteLength - offset;
  if (left < headerSize)
    throw new RecordError(offset, `${left} bytes are left, a header needs ${headerSize}`);
  const size = view.getUint16(offset, true);
  if (size < headerSize || size % 8 !== 0) throw new RecordError(offset, `impossible size ${size}`);
  if (size > left) throw new RecordError(offset, `size ${size}, but only ${left} bytes are left`);
  const kind = view.getUint16(offset + 2, true);
  if (kind === 0 || kind >= kindCount) throw new RecordError(offset, `unknown kind number ${kind}`);
  const end = offset + size;
  let at = offset + headerSize + 8 * view.getUint8(offset + 40);
  for (let rest = view.getUint8(offset + 41); rest > 0; rest--) {
    if (at + sectionHeaderSize > end) throw new RecordError(offset, 'a section header reaches past the end');
    at += sectionHeaderSize + ((view.getUint16(at + 2, true) + 7) & ~7);
  }
  if (at !== end) throw new RecordError(offset, `contents end at byte ${at - offset} of ${size}`);
  return size;
}

/** Components that the kernel emitted from last to first, NUL-terminated, as an absolute path. */
function joinWalked(text: string): string {
  let path = '';
  let end = text.length - 1;
  while (end > 0) {
    const start = text.lastIndexOf('\0', end - 1) + 1;
    path += `/${text.slice(start, end)}`;
    end = start - 1;
  }
  return path === '' ? '/' : path;
}

/**
 * A record inside a batch. It keeps the batch alive and copies nothing. A record that comes from a
 * RecordCursor moves with the cursor: call `retain()` to keep it.
 */
export class KernelRecord {
  readonly batch: Batch;
  #offset: number;

  /** For `checkRecord`ed positions only; use RecordCursor or `records()` to get at records. */
  constructor(batch: Batch, offset: number) {
    this.batch = batch;
    this.#offset = offset;
  }

  /** Moves to another checked position of the same batch. */
  moveTo(offset: number): void {
    this.#offset = offset;
  }

  /** The same record as an object of its own that no cursor moves. */
  retain(): KernelRecord {
    return new KernelRecord(this.batch, this.#offset);
  }

  /** Byte offset in the batch. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes of the whole record. */
  get size(): number {
    return this.batch.view.getUint16(this.#offset, true);
  }

  /** Number of the kind, an index into `kindNames`. */
  get kindNumber(): number {
    return this.batch.view.getUint16(this.#offset + 2, true);
  }

  get kind(): EventKind {
    return kindNames[this.kindNumber] ?? 'sensor.loss';
  }

  get cpu(): number {
    return this.batch.view.getUint16(this.#offset + 4, true);
  }

  /** When it happened: CLOCK_BOOTTIME in nanoseconds (exact below 104 days, then to a few nanoseconds). */
  get bootNanoseconds(): number {
    return this.#wide(8);
  }

  /** When it happened, in milliseconds since the Unix epoch; `bootEpoch` is the epoch time of boot in ms. */
  epochMilliseconds(bootEpoch: number): number {
    return bootEpoch + this.#wide(8) / 1e6;
  }

  /** Process (thread group) id of the actor in the host's pid namespace. */
  get pid(): number {
    return this.batch.view.getUint32(this.#offset + 16, true);
  }

  get tid(): number {
    return this.batch.view.getUint32(this.#offset + 20, true);
  }

  /** Start of the actor's process: CLOCK_BOOTTIME in nanoseconds. */
  get startNanoseconds(): number {
    return this.#wide(24);
  }

  /** Start of the actor's process in clock ticks, as in field 22 of /proc/PID/stat. */
  get startTicks(): number {
    return Math.floor(this.#wide(24) / 1e7);
  }

  /** Identity of the actor's process: "<pid>:<start ticks>". */
  get processUid(): string {
    return `${this.pid}:${this.startTicks}`;
  }

  /** Real user id of the actor, in the host's user namespace. */
  get uid(): number {
    return this.batch.view.getUint32(this.#offset + 32, true);
  }

  /** Effective user id of the actor. */
  get euid(): number {
    return this.batch.view.getUint32(this.#offset + 44, true);
  }

  /** What the call returned: at least 0 on success, else the negative errno. */
  get result(): number {
    return this.batch.view.getInt32(this.#offset + 36, true);
  }

  /** Number of the system call (0 when the event is none); of the 32-bit table when `isCompat`. */
  get systemCall(): number {
    return this.batch.view.getUint16(this.#offset + 42, true);
  }

  /** Whether the call came through the kernel's 32-bit entry. */
  get isCompat(): boolean {
    return (this.batch.view.getUint16(this.#offset + 6, true) & RecordFlag.compat) !== 0;
  }

  /** Whether parts were left out because the record reached its size limit. */
  get isIncomplete(): boolean {
    return (this.batch.view.getUint16(this.#offset + 6, true) & RecordFlag.overflow) !== 0;
  }

  /** The number at `index` of the kind's numbers, or undefined when the record has fewer. */
  number(index: number): number | undefined {
    if (index >= this.batch.view.getUint8(this.#offset + 40)) return undefined;
    return this.#wide(headerSize + 8 * index);
  }

  /** As `number`, the lower 32 bits only. */
  lowNumber(index: number): number | undefined {
    if (index >= this.batch.view.getUint8(this.#offset + 40)) return undefined;
    return this.batch.view.getUint32(this.#offset + headerSize + 8 * index, true);
  }

  /** As `number`, exact in all 64 bits (addresses, capability sets). */
  bigNumber(index: number): bigint | undefined {
    if (index >= this.batch.view.getUint8(this.#offset + 40)) return undefined;
    return this.batch.view.getBigUint64(this.#offset + headerSize + 8 * index, true);
  }

  /** The bytes of the numbers from `index` on (socket addresses); they share the batch's memory. */
  numberBytes(index: number, length: number): Buffer {
    const start = this.#offset + headerSize + 8 * index;
    const count = this.batch.view.getUint8(this.#offset + 40);
    const end = this.#offset + headerSize + 8 * count;
    return this.batch.bytes.subarray(Math.min(start, end), Math.min(start + length, end));
  }

  /** The bytes of a section, sharing the batch's memory, or undefined when the record does not have it. */
  bytes(tag: number): Buffer | undefined {
    const at = this.#find(tag);
    if (at < 0) return undefined;
    const start = at + sectionHeaderSize;
    return this.batch.bytes.subarray(start, start + this.batch.view.getUint16(at + 2, true));
  }

  /** A section as text. Bytes that are no UTF-8 become U+FFFD; `bytes` has them as they are. */
  text(tag: number): string | undefined {
    const at = this.#find(tag);
    if (at < 0) return undefined;
    const start = at + sectionHeaderSize;
    return this.batch.bytes.toString('utf8', start, start + this.batch.view.getUint16(at + 2, true));
  }

  /** A section of walked names as an absolute path. A path cut at its upper end begins with `/…/`. */
  walkedPath(tag: number): string | undefined {
    const text = this.text(tag);
    if (text === undefined) return undefined;
    const path = joinWalked(text);
    return this.sectionFlags(tag) & SectionFlag.truncated ? `/…${path}` : path;
  }

  /** SectionFlag bits of a section; 0 when the record does not have it. */
  sectionFlags(tag: number): number {
    const at = this.#find(tag);
    return at < 0 ? 0 : this.batch.view.getUint32(at + 4, true);
  }

  #wide(at: number): number {
    const { view } = this.batch;
    return (
      view.getUint32(this.#offset + at, true) + view.getUint32(this.#offset + at + 4, true) * 0x1_0000_0000
    );
  }

  #find(tag: number): number {
    const { view } = this.batch;
    let at = this.#offset + headerSize + 8 * view.getUint8(this.#offset + 40);
    for (let rest = view.getUint8(this.#offset + 41); rest > 0; rest--) {
      if (view.getUint16(at, true) === tag) return at;
      at += sectionHeaderSize + ((view.getUint16(at + 2, true) + 7) & ~7);
    }
    return -1;
  }
}
