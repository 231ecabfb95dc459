/**
 * Odd copies of clean files, to learn what packed, encrypted and tampered files look like. All of them are made
 * in memory, none is written anywhere, and none could run: where code stood there are random bytes, and what
 * scripts carry is their own text, encoded, with nothing that would decode it.
 */
import { deflateRawSync } from 'node:zlib';
import { ElfFile, type ElfSection, segmentFlag, segmentType } from '@redoubt/observe/elf';
import type { ModelKind } from '../features/features.ts';
import { PeFile, peFlag } from '../pe/file.ts';

/** Random numbers that are the same every time. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0 || 1;
  }

  /** 0 to 1 (xorshift32). */
  next(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  fill(bytes: Buffer): Buffer {
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = this.below(256);
    return bytes;
  }
}

type Make = (bytes: Buffer, dice: Dice) => Buffer | undefined;

/** Random bytes over pieces of a copy. */
function scrambled(
  bytes: Buffer,
  pieces: readonly (readonly [number, number])[],
  dice: Dice,
): Buffer | undefined {
  const copy = Buffer.from(bytes);
  let changed = 0;
  for (const [offset, size] of pieces) {
    const end = Math.min(offset + size, copy.length);
    if (offset < end) changed += dice.fill(copy.subarray(offset, end)).length;
  }
  return changed < 2_048 ? undefined : copy;
}

/** Compressed or random bytes behind the end, an eighth of the file or more. */
function appended(bytes: Buffer, dice: Dice): Buffer {
  const size = Math.min(bytes.length * (0.15 + dice.next() * 2), 4 << 20) + 4_096;
  return Buffer.concat([bytes, dice.fill(Buffer.alloc(Math.floor(size)))]);
}

const executeSection = 4;

function elfCode(file: ElfFile): ElfSection[] {
  return file.sections.filter(one => (one.flags & executeSection) !== 0 && one.type !== 8);
}

/** Where a field of a program header stands in the file. */
function segmentAt(file: ElfFile, index: number, field64: number, field32: number): number {
  return file.header.segmentOffset + index * file.header.segmentSize + (file.header.is64 ? field64 : field32);
}

const elf: Readonly<Record<string, Make>> = {
  'code encrypted': (bytes, dice) =>
    scrambled(
      bytes,
      elfCode(new ElfFile(bytes)).map(one => [one.offset, one.size] as const),
      dice,
    ),
  'all segments encrypted': (bytes, dice) => {
    const { loads } = new ElfFile(bytes);
    return scrambled(
      bytes,
      loads.map(one => [Math.max(one.offset, 4_096), one.fileSize] as const),
      dice,
    );
  },
  'overlay appended': appended,
  'writable code': (bytes, dice) => {
    const file = new ElfFile(bytes);
    const copy = Buffer.from(bytes);
    let changed = false;
    for (const [index, { type, flags }] of file.segments.entries()) {
      if (type !== segmentType.load || ((flags & segmentFlag.execute) === 0 && dice.next() < 0.7)) continue;
      copy[segmentAt(file, index, 4, 24) + (file.header.littleEndian ? 0 : 3)] = 7;
      changed = true;
    }
    return changed ? copy : undefined;
  },
  'sections removed, code packed': (bytes, dice) => {
    const file = new ElfFile(bytes);
    // As a packer leaves it: a few headers, then one dense mass.
    const packed = deflateRawSync(bytes);
    const copy = Buffer.concat([
      bytes.subarray(0, Math.min(4_096, bytes.length)),
      packed,
      dice.fill(Buffer.alloc(64)),
    ]);
    const at = file.header.is64 ? [0x28, 0x3c, 8] : [0x20, 0x30, 4];
    copy.fill(0, at[0], (at[0] ?? 0) + (at[2] ?? 0));
    copy.fill(0, at[1], (at[1] ?? 0) + 4);
    return copy;
  },
  'section table broken, overlay': (bytes, dice) => {
    const file = new ElfFile(bytes);
    const copy = appended(bytes, dice);
    const at = file.header.is64 ? 0x28 : 0x20;
    copy.fill(0xff, at, at + 4);
    return copy;
  },
  'entry in data': (bytes, dice) => {
    const file = new ElfFile(bytes);
    const data = file.loads.find(
      one => (one.flags & segmentFlag.execute) === 0 && (one.flags & segmentFlag.write) !== 0,
    );
    if (data === undefined || file.header.entry === 0 || !file.header.littleEndian) return undefined;
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE((data.address + dice.below(Math.max(1, data.memorySize))) >>> 0, 0x18);
    return copy;
  },
};

const pe: Readonly<Record<string, Make>> = {
  'code encrypted': (bytes, dice) => {
    const { sections } = new PeFile(bytes);
    const code = sections.filter(one => (one.flags & peFlag.execute) !== 0);
    return scrambled(
      bytes,
      code.map(one => [one.rawOffset, one.rawSize] as const),
      dice,
    );
  },
  'all sections encrypted': (bytes, dice) =>
    scrambled(
      bytes,
      new PeFile(bytes).sections.map(one => [one.rawOffset, one.rawSize] as const),
      dice,
    ),
  'overlay appended': appended,
  'writable code, odd names': (bytes, dice) => {
    const file = new PeFile(bytes);
    const copy = Buffer.from(bytes);
    const at = bytes.readUInt32LE(0x3c);
    const table = at + 24 + bytes.readUInt16LE(at + 20);
    for (const index of file.sections.keys()) {
      const header = table + 40 * index;
      copy.writeUInt32LE(
        (copy.readUInt32LE(header + 36) | peFlag.write | peFlag.execute | peFlag.read) >>> 0,
        header + 36,
      );
      if (dice.next() < 0.5) dice.fill(copy.subarray(header, header + 6));
    }
    return copy;
  },
};

/** The inert wrapping of a text: it is assigned to a name, and that is all. */
function wrapped(text: string, kind: string, dice: Dice): string {
  const encoded = kind === 'hex' ? Buffer.from(text).toString('hex') : Buffer.from(text).toString('base64');
  const escaped = (): string =>
    Array.from(Buffer.from(text.slice(0, 20_000)), byte => `\\x${byte.toString(16).padStart(2, '0')}`).join(
      '',
    );
  const value = kind === 'escapes' ? escaped() : encoded;
  const width = [0, 76, 4_000][dice.below(3)] ?? 0;
  const pieces = width === 0 ? [value] : (value.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);
  return pieces.map((piece, index) => `v${index}="${piece}"`).join(dice.next() < 0.5 ? '\n' : ';');
}

/** The first line of a script, which says what it is, kept. */
function keepingHead(bytes: Buffer, change: (text: string) => string): Buffer {
  const text = bytes.toString('latin1');
  const first = text.indexOf('\n') + 1;
  return Buffer.from(text.slice(0, first) + change(text.slice(first)), 'latin1');
}

const script: Readonly<Record<string, Make>> = {
  'carried in Base64': (bytes, dice) => keepingHead(bytes, text => wrapped(text, 'base64', dice)),
  'carried compressed': (bytes, dice) =>
    keepingHead(
      bytes,
      text =>
        `v="${deflateRawSync(Buffer.from(text, 'latin1')).toString(dice.next() < 0.7 ? 'base64' : 'hex')}"`,
    ),
  'carried in hexadecimal': (bytes, dice) => keepingHead(bytes, text => wrapped(text, 'hex', dice)),
  'carried in escapes': (bytes, dice) => keepingHead(bytes, text => wrapped(text, 'escapes', dice)),
  'appended in Base64': (bytes, dice) =>
    Buffer.concat([
      bytes,
      Buffer.from(`\nv="${dice.fill(Buffer.alloc(Math.max(1_024, bytes.length))).toString('base64')}"\n`),
    ]),
};

const makers: Readonly<Record<ModelKind, Readonly<Record<string, Make>>>> = { elf, pe, script };

/** Names of the changes, by kind. */
export function oddKinds(kind: ModelKind): string[] {
  return Object.keys(makers[kind]);
}

/** An odd copy of a file; undefined where the change cannot be made to it. */
export function oddCopy(kind: ModelKind, change: string, bytes: Buffer, seed: number): Buffer | undefined {
  try {
    return makers[kind][change]?.(bytes, new Dice(seed));
  } catch {
    // A file whose tables cannot be read has no such copy.
    return undefined;
  }
}
