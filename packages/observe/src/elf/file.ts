/** An ELF file, read as far as it is asked for. */
import {
  type ElfHeader,
  type ElfSection,
  type ElfSegment,
  readHeader,
  readSections,
  readSegments,
} from './header.ts';
import {
  dynamicTag,
  ElfBytes,
  ElfError,
  elfLimits,
  flagTextrel,
  readWithin,
  sectionType,
  segmentType,
} from './layout.ts';
import { buildIdOf, type ElfNote, readNotes } from './notes.ts';
import { type ElfRelocation, importTypes, readRelocations, readRelr } from './relocations.ts';
import { type ByteSource, bufferSource } from './source.ts';
import { type ElfSymbol, gnuCandidates, gnuSymbolCount, SymbolTable, systemCandidates } from './symbols.ts';

/**
 * An ELF file of either class and byte order. Nothing but the header is read before it is asked for, everything
 * has a bound (`elfLimits`), and a table that cannot be what it claims throws ElfError; nothing else is thrown
 * but what the source throws.
 */
export class ElfFile {
  readonly source: ByteSource;
  readonly header: ElfHeader;
  #segments: ElfSegment[] | undefined;
  #sections: ElfSection[] | undefined;
  #dynamic: ReadonlyMap<number, readonly number[]> | undefined;
  #dynamicSymbols: SymbolTable | undefined;
  #dynamicNames: ElfBytes | undefined;
  #hashTables: { gnu: ElfBytes | undefined; system: ElfBytes | undefined } | undefined;

  /** @throws ElfError when the bytes are no ELF file */
  constructor(source: ByteSource | Buffer) {
    this.source = Buffer.isBuffer(source) ? bufferSource(source) : source;
    this.header = readHeader(this.source);
  }

  get segments(): readonly ElfSegment[] {
    this.#segments ??= readSegments(this.source, this.header);
    return this.#segments;
  }

  get sections(): readonly ElfSection[] {
    this.#sections ??= readSections(this.source, this.header);
    return this.#sections;
  }

  /** Segments that are mapped. */
  get loads(): readonly ElfSegment[] {
    return this.segments.filter(one => one.type === segmentType.load);
  }

  /** Where in the file an address lies; undefined when no mapped bytes of the file stand there. */
  offsetOf(address: number): number | undefined {
    for (const { address: start, fileSize, offset } of this.loads) {
      if (address >= start && address < start + fileSize) return offset + (address - start);
    }
    return undefined;
  }

  /** `length` bytes of the file at an address. @throws ElfError when they are not there */
  atAddress(what: string, address: number, length: number): ElfBytes {
    const offset = this.offsetOf(address);
    if (offset === undefined)
      throw new ElfError(`${what} at address 0x${address.toString(16)} is not in the file`);
    return this.#bytes(what, offset, length);
  }

  /** The dynamic section: values by tag (`dynamicTag`); empty for static programs. */
  get dynamic(): ReadonlyMap<number, readonly number[]> {
    this.#dynamic ??= this.#readDynamic();
    return this.#dynamic;
  }

  /** The first value of a dynamic tag. */
  dynamicValue(tag: number): number | undefined {
    return this.dynamic.get(tag)?.[0];
  }

  /** Names of the libraries that it asks for (DT_NEEDED). */
  get needed(): string[] {
    return (this.dynamic.get(dynamicTag.needed) ?? []).flatMap(at => this.#names().text(at) ?? []);
  }

  /** Its own name as a library (DT_SONAME). */
  get soname(): string | undefined {
    return this.#dynamicText(dynamicTag.soname);
  }

  /** Where its libraries are looked for first: DT_RUNPATH, else DT_RPATH. */
  get runpath(): string | undefined {
    return this.#dynamicText(dynamicTag.runpath) ?? this.#dynamicText(dynamicTag.rpath);
  }

  /** The dynamic linker that it names (PT_INTERP). */
  get interpreter(): string | undefined {
    const segment = this.segments.find(one => one.type === segmentType.interp);
    if (segment === undefined || segment.fileSize > elfLimits.name) return undefined;
    return this.#bytes('the interpreter', segment.offset, segment.fileSize).text(0);
  }

  /** Whether the dynamic linker is to write into text (DT_TEXTREL). */
  get hasTextRelocations(): boolean {
    const flags = this.dynamicValue(dynamicTag.flags) ?? 0;
    return this.dynamic.has(dynamicTag.textrel) || (flags & flagTextrel) !== 0;
  }

  /** Symbols that take part in dynamic linking. */
  get dynamicSymbols(): SymbolTable {
    this.#dynamicSymbols ??= this.#readDynamicSymbols();
    return this.#dynamicSymbols;
  }

  /** The full symbol table (`.symtab`), which stripped files lack: it is empty then. */
  get allSymbols(): SymbolTable {
    return this.#tableOfSections(sectionType.symtab);
  }

  /** Dynamic symbols of a name, through the hash tables: all versions, defined here or not. */
  lookup(name: string): ElfSymbol[] {
    const { gnu, system } = this.#hashes();
    const indexes =
      gnu !== undefined
        ? gnuCandidates(gnu, name)
        : system !== undefined
          ? systemCandidates(system, name)
          : [];
    return indexes.flatMap(index => {
      const symbol = this.dynamicSymbols.at(index);
      return symbol?.name === name ? [symbol] : [];
    });
  }

  /**
   * What the dynamic linker writes with symbols or addends: RELA, REL and the table of the PLT.
   * @param skip entries at the beginning of RELA that are passed over
   */
  *relocations(skip = 0): Generator<ElfRelocation> {
    const table = (address: number | undefined, size: number | undefined, withAddend: boolean) =>
      address === undefined || !size
        ? []
        : readRelocations(this.atAddress('a table of relocations', address, size), withAddend);
    const value = (tag: number) => this.dynamicValue(tag);
    const skipped = skip * (this.header.is64 ? 24 : 12);
    const rela = value(dynamicTag.rela);
    const relaSize = Math.max((value(dynamicTag.relaSize) ?? 0) - skipped, 0);
    yield* table(rela === undefined ? undefined : rela + skipped, relaSize, true);
    yield* table(value(dynamicTag.rel), value(dynamicTag.relSize), false);
    const withAddend = value(dynamicTag.pltRel) === dynamicTag.rela;
    yield* table(value(dynamicTag.jmpRel), value(dynamicTag.pltRelSize), withAddend);
  }

  /**
   * The relocations that fill import tables: PLT slots, addresses of globals, and indirect functions. Relative
   * ones, which linkers put first and count (DT_RELACOUNT), are passed over without being read.
   */
  *importRelocations(): Generator<ElfRelocation> {
    const types = this.importTypes;
    if (types === undefined) return;
    const wanted = new Set([types.jumpSlot, types.globalData, types.indirect]);
    const relative = this.dynamicValue(dynamicTag.relaCount) ?? 0;
    for (const relocation of this.relocations(relative)) if (wanted.has(relocation.type)) yield relocation;
  }

  /** Every address that the dynamic linker writes to, RELR included. */
  *relocatedAddresses(): Generator<number> {
    for (const { address } of this.relocations()) yield address;
    const at = this.dynamicValue(dynamicTag.relr);
    const size = this.dynamicValue(dynamicTag.relrSize);
    if (at !== undefined && size) yield* readRelr(this.atAddress('the RELR table', at, size));
  }

  /** Numbers of the relocation types that fill import tables on this machine. */
  get importTypes() {
    return importTypes(this.header.machine);
  }

  /** All notes, of segments or, where there are none (object files), of sections. */
  *notes(): Generator<ElfNote> {
    let left = elfLimits.notes;
    const segments = this.segments.filter(one => one.type === segmentType.note);
    const places =
      segments.length > 0
        ? segments.map(({ offset, fileSize: size, align }) => ({ offset, size, align }))
        : this.sections.filter(one => one.type === sectionType.note);
    for (const { offset, size, align } of places) {
      if (size > left) return;
      left -= size;
      yield* readNotes(this.#bytes('a note', offset, size), align);
    }
  }

  /** The build id that the linker gave; undefined when there is none. */
  get buildId(): string | undefined {
    return buildIdOf(this.notes());
  }

  #bytes(what: string, offset: number, length: number): ElfBytes {
    const { is64, littleEndian } = this.header;
    return new ElfBytes(readWithin(this.source, what, offset, length), is64, littleEndian);
  }

  #dynamicText(tag: number): string | undefined {
    const at = this.dynamicValue(tag);
    return at === undefined ? undefined : this.#names().text(at);
  }

  #readDynamic(): Map<number, number[]> {
    const values = new Map<number, number[]>();
    const segment = this.segments.find(one => one.type === segmentType.dynamic);
    if (segment === undefined) return values;
    const entry = this.header.is64 ? 16 : 8;
    const size = Math.min(segment.fileSize, elfLimits.dynamicEntries * entry);
    const bytes = this.#bytes('the dynamic section', segment.offset, size);
    for (let at = 0; at + entry <= bytes.length; at += entry) {
      const tag = bytes.word(at);
      if (tag === 0) break;
      const known = values.get(tag);
      if (known === undefined) values.set(tag, [bytes.word(at + entry / 2)]);
      else known.push(bytes.word(at + entry / 2));
    }
    return values;
  }

  #names(): ElfBytes {
    this.#dynamicNames ??= this.#readNames();
    return this.#dynamicNames;
  }

  #readNames(): ElfBytes {
    const at = this.dynamicValue(dynamicTag.strtab);
    const size = this.dynamicValue(dynamicTag.strSize);
    if (at === undefined || size === undefined) return this.#empty();
    if (size > elfLimits.strings) throw new ElfError(`a table of names of ${size} bytes is too large`);
    return this.atAddress('the table of names', at, size);
  }

  #empty(): ElfBytes {
    return new ElfBytes(Buffer.alloc(0), this.header.is64, this.header.littleEndian);
  }

  /** The rest of the mapped file from an address on, at most `limit` bytes: tables whose size stands nowhere. */
  #rest(what: string, address: number | undefined, limit: number): ElfBytes | undefined {
    if (address === undefined) return undefined;
    const load = this.loads.find(one => address >= one.address && address < one.address + one.fileSize);
    if (load === undefined) return undefined;
    const length = Math.min(
      load.address + load.fileSize - address,
      limit,
      this.source.size - (load.offset + address - load.address),
    );
    return this.#bytes(what, load.offset + (address - load.address), Math.max(length, 0));
  }

  #hashes(): { gnu: ElfBytes | undefined; system: ElfBytes | undefined } {
    this.#hashTables ??= {
      gnu: this.#rest('the hash table', this.dynamicValue(dynamicTag.gnuHash), elfLimits.strings),
      system: this.#rest('the hash table', this.dynamicValue(dynamicTag.hash), elfLimits.strings),
    };
    return this.#hashTables;
  }

  #readDynamicSymbols(): SymbolTable {
    const address = this.dynamicValue(dynamicTag.symtab);
    if (address === undefined) return this.#tableOfSections(sectionType.dynsym);
    const { gnu, system } = this.#hashes();
    const counted = Math.max(
      system !== undefined && system.length >= 8 ? system.u32(4) : 0,
      gnu === undefined ? 0 : gnuSymbolCount(gnu),
    );
    const entry = this.header.is64 ? 24 : 16;
    const limit = Math.min(counted, elfLimits.symbols) * entry;
    // Files that only import have an empty GNU hash; the names follow the symbols in every linker's layout.
    const names = this.dynamicValue(dynamicTag.strtab) ?? 0;
    const upToNames = names > address ? names - address : 0;
    const size = Math.max(limit, Math.min(upToNames, elfLimits.symbols * entry));
    const bytes = this.#rest('the dynamic symbols', address, size);
    return new SymbolTable(bytes ?? this.#empty(), this.#names());
  }

  #tableOfSections(type: number): SymbolTable {
    const section = this.sections.find(one => one.type === type);
    const names = section === undefined ? undefined : this.sections[section.link];
    if (section === undefined || names === undefined) return new SymbolTable(this.#empty(), this.#empty());
    if (names.size > elfLimits.strings)
      throw new ElfError(`a table of names of ${names.size} bytes is too large`);
    const size = Math.min(section.size, elfLimits.symbols * (this.header.is64 ? 24 : 16));
    return new SymbolTable(
      this.#bytes('the symbols', section.offset, size),
      this.#bytes('the table of names', names.offset, names.size),
    );
  }
}
