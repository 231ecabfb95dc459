/** The files behind mappings, opened once for all processes that map them. */
import { closeSync, fstatSync } from 'node:fs';
import { ElfError, ElfFile, type ElfRelocation, fileSource } from '@redoubt/observe/elf';
import type { Mapping } from './maps.ts';
import type { LiveProcess } from './process.ts';

/** Files kept open at the same time. */
const maxOpen = 400;

/** A place in an import table, and the name of what belongs there. */
export interface ImportSlot {
  readonly relocation: ElfRelocation;
  readonly name: string;
  /** The importing symbol's own type (`symbolType`): what the linker knew. */
  readonly symbolType: number;
}

/** A mapped file. */
export class MappedFile {
  readonly path: string;
  readonly descriptor: number;
  readonly size: number;
  readonly ownerId: number;
  /** st_mode. */
  readonly mode: number;
  /** Links that lead to it; 0 once it was removed everywhere. */
  readonly links: number;
  /** Undefined when it is no ELF file. */
  readonly elf: ElfFile | undefined;
  #imports: readonly ImportSlot[] | undefined;

  constructor(path: string, descriptor: number) {
    const { size, uid, mode, nlink } = fstatSync(descriptor);
    this.path = path;
    this.descriptor = descriptor;
    this.size = size;
    this.ownerId = uid;
    this.mode = mode;
    this.links = nlink;
    try {
      this.elf = new ElfFile(fileSource(descriptor));
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
      this.elf = undefined;
    }
  }

  /** What fills its import tables, read once. @throws ElfError */
  get imports(): readonly ImportSlot[] {
    const { elf } = this;
    if (elf === undefined) return [];
    this.#imports ??= Array.from(elf.importRelocations(), relocation => {
      const symbol = relocation.symbol === 0 ? undefined : elf.dynamicSymbols.at(relocation.symbol);
      return { relocation, name: symbol?.name ?? '', symbolType: symbol?.type ?? 0 };
    });
    return this.#imports;
  }
}

/** Opens files behind mappings; the least recently used are closed first. */
export class MappedFiles {
  readonly #files = new Map<string, MappedFile>();

  /** The file behind a mapping; undefined when it cannot be opened (no permission, a device, gone). */
  of(process: LiveProcess, mapping: Mapping): MappedFile | undefined {
    const key = `${mapping.device} ${mapping.inode} ${mapping.path}`;
    const known = this.#files.get(key);
    if (known !== undefined) {
      this.#files.delete(key);
      this.#files.set(key, known);
      return known;
    }
    const descriptor = process.openMapped(mapping);
    if (descriptor === undefined) return undefined;
    try {
      if (!fstatSync(descriptor).isFile()) throw new Error('a device');
      const file = new MappedFile(mapping.path, descriptor);
      this.#files.set(key, file);
      if (this.#files.size > maxOpen) this.#evict();
      return file;
    } catch {
      closeSync(descriptor);
      return undefined;
    }
  }

  #evict(): void {
    const [oldest] = this.#files;
    if (oldest === undefined) return;
    this.#files.delete(oldest[0]);
    closeSync(oldest[1].descriptor);
  }

  close(): void {
    for (const { descriptor } of this.#files.values()) closeSync(descriptor);
    this.#files.clear();
  }
}
