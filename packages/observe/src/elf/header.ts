/** The file header and the two tables that it leads to: program headers and section headers. */
import { ElfBytes, ElfError, elfLimits, readWithin } from './layout.ts';
import type { ByteSource } from './source.ts';

/** Elf32_Ehdr or Elf64_Ehdr. */
export interface ElfHeader {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  /** EI_OSABI. */
  readonly osAbi: number;
  /** e_type: see `elfType`. */
  readonly type: number;
  /** e_machine: see `machine`. */
  readonly machine: number;
  /** Virtual address of the entry point. */
  readonly entry: number;
  readonly flags: number;
  readonly segmentOffset: number;
  readonly segmentSize: number;
  readonly segmentCount: number;
  readonly sectionOffset: number;
  readonly sectionSize: number;
  readonly sectionCount: number;
  readonly sectionNamesIndex: number;
}

/** Program header. Offsets, addresses and sizes in bytes. */
export interface ElfSegment {
  readonly type: number;
  /** See `segmentFlag`. */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

/** Section header, with its name found. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entrySize: number;
}

/** Whether bytes begin as every ELF file does. */
export function isElf(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
  );
}

/**
 * Reads the file header.
 * @throws ElfError when the bytes are no ELF header
 */
export function readHeader(source: ByteSource): ElfHeader {
  const head = source.read(0, 64);
  if (!isElf(head)) throw new ElfError('not an ELF file');
  const [, , , , elfClass, data] = head;
  if ((elfClass !== 1 && elfClass !== 2) || (data !== 1 && data !== 2)) {
    throw new ElfError(`unknown ELF class ${elfClass} or byte order ${data}`);
  }
  const is64 = elfClass === 2;
  if (head.length < (is64 ? 64 : 52)) throw new ElfError('the ELF header is cut off');
  const bytes = new ElfBytes(head, is64, data === 1);
  const at = is64 ? 48 : 36;
  const header = {
    is64,
    littleEndian: data === 1,
    osAbi: bytes.u8(7),
    type: bytes.u16(16),
    machine: bytes.u16(18),
    entry: bytes.word(24),
    segmentOffset: bytes.word(is64 ? 32 : 28),
    sectionOffset: bytes.word(is64 ? 40 : 32),
    flags: bytes.u32(at),
    segmentSize: bytes.u16(at + 6),
    segmentCount: bytes.u16(at + 8),
    sectionSize: bytes.u16(at + 10),
    sectionCount: bytes.u16(at + 12),
    sectionNamesIndex: bytes.u16(at + 14),
  };
  return header.sectionOffset === 0 ? header : withExtendedCounts(source, header);
}

/** Counts that do not fit 16 bits stand in section header 0 (gABI, "Section Header"; PN_XNUM of elf.h). */
function withExtendedCounts(source: ByteSource, header: ElfHeader): ElfHeader {
  const { sectionCount, segmentCount, sectionNamesIndex } = header;
  if (sectionCount !== 0 && segmentCount !== 0xffff && sectionNamesIndex !== 0xffff) return header;
  const size = header.is64 ? 64 : 40;
  const first = source.read(header.sectionOffset, size);
  if (first.length < size) return header;
  const bytes = new ElfBytes(first, header.is64, header.littleEndian);
  return {
    ...header,
    sectionCount: sectionCount === 0 ? bytes.word(header.is64 ? 32 : 20) : sectionCount,
    sectionNamesIndex: sectionNamesIndex === 0xffff ? bytes.u32(header.is64 ? 40 : 24) : sectionNamesIndex,
    segmentCount: segmentCount === 0xffff ? bytes.u32(header.is64 ? 44 : 28) : segmentCount,
  };
}

/**
 * Reads the program headers.
 * @throws ElfError when the table is not within the file or too large
 */
export function readSegments(source: ByteSource, header: ElfHeader): ElfSegment[] {
  const { is64, segmentCount: count, segmentSize: size } = header;
  if (count === 0) return [];
  if (count > elfLimits.segments) throw new ElfError(`${count} program headers are too many`);
  if (size < (is64 ? 56 : 32)) throw new ElfError(`program headers of ${size} bytes are too small`);
  const table = readWithin(source, 'the table of program headers', header.segmentOffset, count * size);
  const bytes = new ElfBytes(table, is64, header.littleEndian);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    const common = { type: bytes.u32(at) };
    return is64
      ? {
          ...common,
          flags: bytes.u32(at + 4),
          offset: bytes.u64(at + 8),
          address: bytes.u64(at + 16),
          fileSize: bytes.u64(at + 32),
          memorySize: bytes.u64(at + 40),
          align: bytes.u64(at + 48),
        }
      : {
          ...common,
          offset: bytes.u32(at + 4),
          address: bytes.u32(at + 8),
          fileSize: bytes.u32(at + 16),
          memorySize: bytes.u32(at + 20),
          flags: bytes.u32(at + 24),
          align: bytes.u32(at + 28),
        };
  });
}

/**
 * Reads the section headers; none when the file has none (stripped, or a memory image).
 * @throws ElfError when the table is not within the file or too large
 */
export function readSections(source: ByteSource, header: ElfHeader): ElfSection[] {
  const { is64, sectionCount: count, sectionSize: size, sectionOffset } = header;
  if (count === 0 || sectionOffset === 0) return [];
  if (count > elfLimits.sections) throw new ElfError(`${count} sections are too many`);
  if (size < (is64 ? 64 : 40)) throw new ElfError(`section headers of ${size} bytes are too small`);
  const table = readWithin(source, 'the table of sections', sectionOffset, count * size);
  const bytes = new ElfBytes(table, is64, header.littleEndian);
  const word = is64 ? 8 : 4;
  const raw = Array.from({ length: count }, (_, index) => {
    const at = index * size;
    const address = at + 8 + word;
    return {
      nameAt: bytes.u32(at),
      type: bytes.u32(at + 4),
      flags: bytes.word(at + 8),
      address: bytes.word(address),
      offset: bytes.word(address + word),
      size: bytes.word(address + 2 * word),
      link: bytes.u32(address + 3 * word),
      info: bytes.u32(address + 3 * word + 4),
      align: bytes.word(address + 3 * word + 8),
      entrySize: bytes.word(address + 4 * word + 8),
    };
  });
  const names = raw[header.sectionNamesIndex];
  const within =
    names !== undefined && names.size <= elfLimits.strings && names.offset + names.size <= source.size;
  const text = new ElfBytes(
    within ? source.read(names.offset, names.size) : Buffer.alloc(0),
    is64,
    header.littleEndian,
  );
  return raw.map(({ nameAt, ...section }) => ({ name: text.text(nameAt) ?? '', ...section }));
}
