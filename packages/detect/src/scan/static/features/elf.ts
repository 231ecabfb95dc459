/** Features of ELF files. */
import {
  ElfError,
  ElfFile,
  type ElfSection,
  elfType,
  sectionType,
  segmentFlag,
  segmentType,
} from '@redoubt/observe/elf';
import { denseShare, entropyOf, scale, textShare } from './bytes.ts';
import type { Features } from './features.ts';

const executeSection = 4;
const noBits = sectionType.nobits;
const gnuStack = segmentType.gnuStack;
/** Names that compilers and linkers give; further dots are kinds of them (`.text.unlikely`). */
const usualName = /^$|^\.[a-z_][\w.+$-]*$|^[A-Z_a-z][\w.]*$|^__\w+$/;

/** Sections, or none where their table cannot be read: loaders do not read it either. */
function sectionsOf(file: ElfFile): { sections: readonly ElfSection[]; broken: boolean } {
  try {
    return { sections: file.sections, broken: false };
  } catch (error) {
    if (error instanceof ElfError) return { sections: [], broken: true };
    throw error;
  }
}

function within<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ElfError) return otherwise;
    throw error;
  }
}

/** @throws ElfError when the bytes are no ELF file, or its segments cannot be read */
export function elfFeatures(bytes: Buffer): Features {
  const file = new ElfFile(bytes);
  const { header, segments } = file;
  const { sections, broken } = sectionsOf(file);
  const loads = segments.filter(one => one.type === segmentType.load);
  const executable = loads.filter(one => (one.flags & segmentFlag.execute) !== 0);
  const writable = loads.filter(one => (one.flags & segmentFlag.write) !== 0);
  const piece = (offset: number, size: number): Buffer =>
    bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + size, bytes.length));
  const code = sections.filter(
    one => (one.flags & executeSection) !== 0 && one.type !== noBits && one.size > 512,
  );
  const codeBytes =
    code.length > 0
      ? code.map(one => piece(one.offset, one.size))
      : executable.map(one => piece(one.offset, one.fileSize));
  const large = sections.filter(one => one.type !== noBits && one.size >= 2_048);
  const entropies = large.map(one => entropyOf(piece(one.offset, one.size)));
  const end = Math.max(
    header.sectionOffset + header.sectionSize * Math.max(header.sectionCount, sections.length),
    header.segmentOffset + header.segmentSize * header.segmentCount,
    ...segments.map(one => (one.fileSize === 0 ? 0 : one.offset + one.fileSize)),
    ...sections.map(one => (one.type === noBits ? 0 : one.offset + one.size)),
  );
  const entrySegment = loads.find(
    one => header.entry >= one.address && header.entry < one.address + one.memorySize,
  );
  const entrySection = sections.find(
    one => one.address > 0 && header.entry >= one.address && header.entry < one.address + one.size,
  );
  const starts = header.entry !== 0 && header.type !== elfType.relocatable;
  const imported = within(() => {
    let count = 0;
    for (const symbol of file.dynamicSymbols) if (symbol.section === 0 && symbol.name !== '') count += 1;
    return count;
  }, 0);
  const memory = loads.reduce((sum, one) => sum + one.memorySize, 0);
  const stored = loads.reduce((sum, one) => sum + one.fileSize, 0);
  const overlay = Math.max(0, bytes.length - end);
  const stack = segments.find(one => one.type === gnuStack);
  const names = new Set(sections.map(one => one.name));
  return {
    'code.entropy': Math.max(0, ...codeBytes.filter(one => one.length > 512).map(entropyOf)),
    'code.dense': Math.max(0, ...codeBytes.map(denseShare)),
    'section.entropy': Math.max(0, ...entropies),
    'file.entropy': entropyOf(bytes),
    'file.dense': denseShare(bytes),
    'file.text': textShare(bytes),
    'file.size': scale(bytes.length),
    'sections.count': sections.length,
    'sections.missing': sections.length === 0 ? 1 : 0,
    'sections.broken': broken ? 1 : 0,
    'sections.odd': sections.filter(one => !usualName.test(one.name)).length,
    'sections.symbols': names.has('.symtab') ? 1 : 0,
    'sections.text': names.has('.text') ? 1 : 0,
    'sections.comment': names.has('.comment') || names.has('.note.gnu.build-id') ? 1 : 0,
    'segments.count': segments.length,
    'segments.loads': loads.length,
    'segments.writeexecute': executable.filter(one => (one.flags & segmentFlag.write) !== 0).length,
    'segments.beyond': segments.some(one => one.offset + one.fileSize > bytes.length) ? 1 : 0,
    'segments.stack': stack === undefined ? 1 : (stack.flags & segmentFlag.execute) !== 0 ? 2 : 0,
    'memory.growth': stored === 0 ? 0 : Math.min(memory / stored, 1_000),
    'memory.writable': writable.length,
    'entry.outside': starts && entrySegment === undefined ? 1 : 0,
    'entry.data':
      starts && entrySegment !== undefined && (entrySegment.flags & segmentFlag.execute) === 0 ? 1 : 0,
    'entry.section':
      !starts || sections.length === 0
        ? 0
        : entrySection?.name === '.text' || entrySection?.name === '.plt'
          ? 0
          : 1,
    'overlay.size': scale(overlay),
    'overlay.share': overlay / bytes.length,
    'overlay.entropy': overlay < 64 ? 0 : entropyOf(bytes.subarray(bytes.length - overlay)),
    'imports.count': scale(imported),
    'packer.mark': bytes.includes('UPX!') ? 1 : 0,
  };
}
