/** Reading ELF files: programs, libraries, objects and cores, with hard limits. */
export { ElfFile } from './file.ts';
export { type ElfHeader, type ElfSection, type ElfSegment, isElf } from './header.ts';
export {
  dynamicTag,
  ElfError,
  elfLimits,
  elfType,
  machine,
  sectionType,
  segmentFlag,
  segmentType,
  symbolType,
} from './layout.ts';
export type { ElfNote } from './notes.ts';
export { type ElfRelocation, type ImportTypes, importTypes } from './relocations.ts';
export { type ByteSource, bufferSource, fileSource } from './source.ts';
export { type ElfSymbol, SymbolTable } from './symbols.ts';
