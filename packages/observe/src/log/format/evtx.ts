/**
 * EVTX, the Windows XML event log file: a header of 4 KiB, then chunks of 64 KiB, each with its own records,
 * names and templates, so that each can be read without the others.
 */
import { crc32 } from 'node:zlib';
import { BinaryXml } from '../evtx/binary-xml.ts';
import { evtxParts } from '../evtx/event.ts';
import { filetimeMilliseconds } from '../evtx/values.ts';
import type { ByteParser, FormatReader, ReadContext, Sink } from '../format.ts';
import { windowsRecord } from '../windows/record.ts';

const fileMagic = Buffer.from('ElfFile\0', 'latin1');
const chunkMagic = Buffer.from('ElfChnk\0', 'latin1');
const recordMagic = Buffer.of(0x2a, 0x2a, 0, 0);
const chunkSize = 65536;
const chunkHeader = 512;
const recordOverhead = 28;

class EvtxParser implements ByteParser {
  readonly #context: ReadContext;
  #held: Buffer = Buffer.alloc(0);
  #offset = 0;
  #inHeader = true;
  #records = 0;
  /** Bytes passed over since the last chunk, and where they began. */
  #lost = 0;
  #lostFrom = 0;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  get pending(): number {
    return this.#held.length;
  }

  push(bytes: Uint8Array, sink: Sink): void {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    if (this.#inHeader && !this.#header(sink)) return;
    while (this.#held.length >= chunkSize) this.#next(sink, false);
  }

  end(sink: Sink): void {
    if (this.#inHeader) {
      if (this.#held.length > 0)
        this.#damage(this.#offset, 'EVTX file ends within its header', this.#held.length, sink);
      return;
    }
    while (this.#held.length > 0) this.#next(sink, true);
    this.#closeLost(sink);
  }

  /** Reads the file header; false while it is not all there. A damaged one is reported, and the chunks looked for. */
  #header(sink: Sink): boolean {
    if (this.#held.length < chunkMagic.length) return false;
    if (this.#held.indexOf(chunkMagic) === 0) {
      this.#damage(0, 'EVTX file header is missing', 0, sink);
      this.#inHeader = false;
      return true;
    }
    const isFile = this.#held.indexOf(fileMagic) === 0;
    if (isFile && this.#held.length < 128) return false;
    const size = isFile ? this.#held.readUInt16LE(40) : 4096;
    if (this.#held.length < size) return false;
    if (!isFile) this.#damage(0, 'not an EVTX file: its signature is missing', 0, sink);
    else if (size < 128) this.#damage(0, `EVTX file header of ${size} bytes`, 0, sink);
    else if (crc32(this.#held.subarray(0, 120)) !== this.#held.readUInt32LE(124)) {
      this.#damage(0, 'EVTX file header checksum does not match', 0, sink);
    }
    this.#inHeader = false;
    if (isFile) this.#consume(size < 128 ? 4096 : size);
    return true;
  }

  /** Takes a chunk, or passes over bytes that are none. */
  #next(sink: Sink, last: boolean): void {
    const at = this.#held.indexOf(chunkMagic);
    if (at !== 0) {
      const passed = at > 0 ? at : last ? this.#held.length : this.#held.length - chunkMagic.length;
      this.#pass(passed);
      return;
    }
    this.#closeLost(sink);
    const whole = this.#held.subarray(0, Math.min(chunkSize, this.#held.length));
    const torn = this.#chunk(whole, sink);
    // Where bytes were lost within the chunk, the next chunk begins early.
    const early = torn ? whole.indexOf(chunkMagic, chunkHeader) : -1;
    if (whole.length < chunkSize) {
      this.#damage(this.#offset, 'EVTX file ends within a chunk', 0, sink);
    }
    this.#consume(early > 0 ? early : whole.length);
  }

  #pass(count: number): void {
    if (this.#lost === 0) this.#lostFrom = this.#offset;
    // Space that was reserved and never written is all zero; it is no loss.
    let zero = true;
    for (let index = 0; index < count && zero; index += 1) zero = this.#held[index] === 0;
    if (!zero) this.#lost += count;
    this.#consume(count);
  }

  #closeLost(sink: Sink): void {
    if (this.#lost > 0) this.#damage(this.#lostFrom, 'EVTX chunk without its signature', this.#lost, sink);
    this.#lost = 0;
  }

  #consume(count: number): void {
    const taken = Math.min(count, this.#held.length);
    this.#held = this.#held.subarray(taken);
    this.#offset += taken;
  }

  /** Reads the records of a chunk; true when its checksums or records show damage. */
  #chunk(chunk: Buffer, sink: Sink): boolean {
    if (chunk.length < chunkHeader) {
      this.#damage(this.#offset, 'EVTX chunk header is cut off', chunk.length, sink);
      return true;
    }
    let torn = chunk.length < chunkSize;
    const sum = crc32(chunk.subarray(128, chunkHeader), crc32(chunk.subarray(0, 120)));
    if (sum !== chunk.readUInt32LE(124)) {
      this.#damage(this.#offset, 'EVTX chunk header checksum does not match', 0, sink);
      torn = true;
    }
    const free = Math.min(Math.max(chunk.readUInt32LE(48), chunkHeader), chunk.length);
    if (!torn && crc32(chunk.subarray(chunkHeader, free)) !== chunk.readUInt32LE(52)) {
      this.#damage(this.#offset, 'EVTX chunk data checksum does not match', 0, sink);
      torn = true;
    }
    const xml = new BinaryXml(chunk);
    let at = chunkHeader;
    while (at + recordOverhead <= free) {
      const size = recordSize(chunk, at, free);
      if (size > 0) {
        if (!this.#record(chunk, xml, at, size, sink)) torn = true;
        at += size;
        continue;
      }
      torn = true;
      let next = chunk.indexOf(recordMagic, at + 4);
      while (next > 0 && recordSize(chunk, next, free) === 0) next = chunk.indexOf(recordMagic, next + 1);
      const stop = next > 0 ? next : free;
      this.#damage(this.#offset + at, 'EVTX record is damaged', stop - at, sink);
      at = stop;
    }
    return torn;
  }

  #record(chunk: Buffer, xml: BinaryXml, at: number, size: number, sink: Sink): boolean {
    this.#records += 1;
    const place = { offset: this.#offset + at, line: this.#records };
    try {
      const { recordBytes, fields } = this.#context.limits;
      const written = filetimeMilliseconds(chunk, at + 16);
      const instance = xml.fragment(at + 24, at + size - 4);
      const parts = evtxParts(instance, written, recordBytes, fields);
      parts.system['EventRecordID'] ??= Number(chunk.readBigUInt64LE(at + 8));
      sink.record(windowsRecord('evtx', this.#context.name, place, parts));
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      sink.damage({ ...place, reason: `EVTX record cannot be read: ${reason}`, skipped: size });
      return false;
    }
  }

  #damage(offset: number, reason: string, skipped: number, sink: Sink): void {
    sink.damage({ offset, line: this.#records, reason, skipped });
  }
}

/** Size of the record at an offset, 0 when there is no whole one. The size stands at both ends. */
function recordSize(chunk: Buffer, at: number, free: number): number {
  if (chunk.readUInt32LE(at) !== 0x2a2a) return 0;
  const size = chunk.readUInt32LE(at + 4);
  if (size < recordOverhead || at + size > free) return 0;
  return chunk.readUInt32LE(at + size - 4) === size ? size : 0;
}

export const evtx: FormatReader = {
  name: 'evtx',
  title: { en: 'Windows event log file (EVTX)', zh: 'Windows 事件日志文件（EVTX）' },
  recognise({ bytes }) {
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 8));
    return head.equals(fileMagic) || head.equals(chunkMagic) ? 100 : 0;
  },
  open: context => new EvtxParser(context),
};
