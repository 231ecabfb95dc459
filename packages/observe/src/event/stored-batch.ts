/**
 * The form in which batches of kernel records are kept: format "kernel-1".
 *
 *   offset  0  u32  "RDBK"
 *           4  u16  version of the record layout
 *           6  u16  length of this header, 40
 *           8  f64  epoch time of boot, milliseconds, when the batch was taken
 *          16  16 bytes  boot id
 *          32  u64  0
 *          40  records, as the kernel wrote them (packages/kernel/native/record.h)
 *
 * All numbers are little-endian.
 */
import { RecordCursor, recordLayoutVersion } from '@redoubt/kernel';
import type { EventView } from '@redoubt/model';
import type { FactsSource } from './facts.ts';
import { KernelEventView } from './kernel-view.ts';
import { type ProcessLookup, RowSource } from './row-facts.ts';

/** Name under which the flight recorder keeps these batches. */
export const kernelBatchFormat = 'kernel-1';

const magic = 0x4b_42_44_52;
/** Bytes before the records. */
export const batchHeaderSize = 40;

/** A boot id in both forms. */
interface BootId {
  readonly text: string;
  readonly bytes: Buffer;
}

/** The boot id that was met last: a sensor has only one, and a record is read boot by boot. */
let latest: BootId = { text: '', bytes: Buffer.alloc(16) };

function bootIdBytes(text: string): Buffer {
  if (latest.text !== text) {
    const bytes = Buffer.alloc(16);
    bytes.set(Buffer.from(text.replaceAll('-', ''), 'hex').subarray(0, 16));
    latest = { text, bytes };
  }
  return latest.bytes;
}

function bootIdText(bytes: Uint8Array): string {
  if (latest.text === '' || latest.bytes.compare(bytes) !== 0) {
    const own = Buffer.from(bytes);
    const text = own.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    latest = { text, bytes: own };
  }
  return latest.text;
}

/** A batch with its header in front. */
export function encodeBatch(records: Uint8Array, bootEpoch: number, bootId: string): Uint8Array {
  const bytes = new Uint8Array(batchHeaderSize + records.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint16(4, recordLayoutVersion, true);
  view.setUint16(6, batchHeaderSize, true);
  view.setFloat64(8, bootEpoch, true);
  bytes.set(bootIdBytes(bootId), 16);
  bytes.set(records, batchHeaderSize);
  return bytes;
}

/** What a stored batch says about itself. */
export interface StoredBatchHeader {
  bootEpoch: number;
  /** `/proc/sys/kernel/random/boot_id` of the boot that the records are from. */
  bootId: string;
  /** The records. */
  records: Uint8Array;
}

/**
 * Reads the header of a stored batch.
 * @throws RangeError when the bytes are no such batch, or of a layout that this version cannot read
 */
export function decodeBatchHeader(bytes: Uint8Array): StoredBatchHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < batchHeaderSize || view.getUint32(0, true) !== magic) {
    throw new RangeError('these bytes are no stored batch of kernel events');
  }
  const version = view.getUint16(4, true);
  if (version !== recordLayoutVersion) {
    throw new RangeError(
      `stored batch has record layout ${version}; this version reads ${recordLayoutVersion}`,
    );
  }
  return {
    bootEpoch: view.getFloat64(8, true),
    bootId: bootIdText(bytes.subarray(16, 32)),
    records: bytes.subarray(view.getUint16(6, true)),
  };
}

/** Finds the stored processes of one boot. */
export interface StoredProcesses {
  /** As ProcessLookup, within the boot `bootId`. */
  lookupProcess(bootId: string, uid: string, time: number): ReturnType<ProcessLookup>;
}

/**
 * The events of a stored batch, with the process facts that were stored as rows.
 * @throws RangeError or RecordError when the bytes are not what was stored
 */
export function* decodeStored(bytes: Uint8Array, stored: StoredProcesses): Generator<EventView, void, void> {
  const { bootEpoch, bootId, records } = decodeBatchHeader(bytes);
  const lookup: ProcessLookup = (uid, time) => stored.lookupProcess(bootId, uid, time);
  yield* viewsOf(records, new RowSource(bootEpoch, lookup));
}

/** The events of a batch of records. */
export function* viewsOf(records: Uint8Array, source: FactsSource): Generator<EventView, void, void> {
  const cursor = new RecordCursor(records);
  while (cursor.next()) yield new KernelEventView(cursor.record.retain(), source);
}
