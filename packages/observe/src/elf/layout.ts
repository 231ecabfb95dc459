/** Numbers of the ELF format, and reading them in the file's class and byte order. Source: gABI, elf(5), elf.h. */
import type { ByteSource } from './source.ts';

/** A file that is no ELF file, or one whose tables cannot be what they claim to be. */
export class ElfError extends Error {}

/** Most of each thing that is read; a hostile header may claim any number. */
export const elfLimits = {
  segments: 4_096,
  sections: 65_536,
  dynamicEntries: 16_384,
  symbols: 4_000_000,
  relocations: 8_000_000,
  /** Bytes of one table of names. */
  strings: 64 * 1024 * 1024,
  /** Bytes of all notes together. */
  notes: 4 * 1024 * 1024,
  /** Bytes of one name. */
  name: 8_192,
  /** Steps along one chain of a hash table. */
  chain: 65_536,
} as const;

export const segmentType = {
  load: 1,
  dynamic: 2,
  interp: 3,
  note: 4,
  tls: 7,
  gnuStack: 0x6474e551,
  gnuRelro: 0x6474e552,
} as const;
export const segmentFlag = { execute: 1, write: 2, read: 4 } as const;
export const sectionType = { symtab: 2, strtab: 3, rela: 4, note: 7, nobits: 8, rel: 9, dynsym: 11 } as const;
export const symbolType = {
  none: 0,
  object: 1,
  function: 2,
  section: 3,
  file: 4,
  tls: 6,
  indirect: 10,
} as const;
export const elfType = { relocatable: 1, executable: 2, shared: 3, core: 4 } as const;
export const machine = { i386: 3, arm: 40, x86_64: 62, aarch64: 183, riscv: 243 } as const;

/** Tags of the dynamic section that are asked for by name. */
export const dynamicTag = {
  needed: 1,
  hash: 4,
  strtab: 5,
  symtab: 6,
  rela: 7,
  relaSize: 8,
  strSize: 10,
  soname: 14,
  rpath: 15,
  rel: 17,
  relSize: 18,
  pltRelSize: 2,
  pltRel: 20,
  textrel: 22,
  jmpRel: 23,
  runpath: 29,
  flags: 30,
  relrSize: 35,
  relr: 36,
  gnuHash: 0x6ffffef5,
  relaCount: 0x6ffffff9,
  flags1: 0x6ffffffb,
} as const;

/** DF_TEXTREL of DT_FLAGS: the loader writes into text. */
export const flagTextrel = 4;

/** A piece of an ELF file, read in the file's own class and byte order. */
export class ElfBytes {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, is64: boolean, littleEndian: boolean) {
    this.#bytes = bytes;
    this.is64 = is64;
    this.littleEndian = littleEndian;
  }

  get length(): number {
    return this.#bytes.length;
  }

  u8(at: number): number {
    return this.#bytes.readUInt8(at);
  }

  u16(at: number): number {
    return this.littleEndian ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  u32(at: number): number {
    return this.littleEndian ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  /** 64 bits, exact up to 2^53; addresses above (the kernel's) come rounded. */
  u64(at: number): number {
    const low = this.u32(this.littleEndian ? at : at + 4);
    const high = this.u32(this.littleEndian ? at + 4 : at);
    return high * 0x1_0000_0000 + low;
  }

  /** 64 bits with sign, rounded beyond 2^53. */
  s64(at: number): number {
    return Number(this.littleEndian ? this.#bytes.readBigInt64LE(at) : this.#bytes.readBigInt64BE(at));
  }

  /** An address, offset or size: 4 bytes in class 32, 8 in class 64. */
  word(at: number): number {
    return this.is64 ? this.u64(at) : this.u32(at);
  }

  /** The text up to the next NUL, at most `elfLimits.name` bytes; undefined without one. Bytes stand as Latin-1. */
  text(at: number): string | undefined {
    if (!(at >= 0) || at >= this.#bytes.length) return undefined;
    const end = this.#bytes.indexOf(0, at);
    if (end < 0 || end - at > elfLimits.name) return undefined;
    const bytes = this.#bytes.subarray(at, end);
    return bytes.toString(bytes.every(byte => byte < 0x80) ? 'latin1' : 'utf8');
  }

  slice(start: number, end: number): Buffer {
    return this.#bytes.subarray(start, end);
  }
}

/**
 * Reads a table within the file.
 * @throws ElfError when it does not lie inside the file
 */
export function readWithin(source: ByteSource, what: string, offset: number, length: number): Buffer {
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset + length > source.size
  ) {
    throw new ElfError(
      `${what} (${length} bytes at ${offset}) does not lie within the file of ${source.size} bytes`,
    );
  }
  const bytes = source.read(offset, length);
  if (bytes.length < length)
    throw new ElfError(`${what} is cut off after ${bytes.length} of ${length} bytes`);
  return bytes;
}
