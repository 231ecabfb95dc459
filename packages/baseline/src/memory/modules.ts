/** The modules of a process: each ELF file that is mapped to run, and where. */
import { ElfError, segmentFlag } from '@redoubt/observe/elf';
import type { MappedFile, MappedFiles } from './files.ts';
import { indexAt, type Mapping } from './maps.ts';
import { type LiveProcess, pageSize } from './process.ts';

/** A mapped file of which some part can be executed. */
export interface Module {
  readonly file: MappedFile;
  /** The executable mapping that it was found by. */
  readonly mapping: Mapping;
  /** What is added to the file's addresses; undefined when the mapping fits no segment. */
  readonly bias: number | undefined;
}

/** What an address lies in. */
export interface Place {
  readonly mapping: Mapping;
  readonly module: Module | undefined;
}

function biasOf(file: MappedFile, mapping: Mapping): number | undefined {
  try {
    for (const { flags, offset, fileSize, address } of file.elf?.loads ?? []) {
      const first = Math.floor(offset / pageSize) * pageSize;
      if (
        (flags & segmentFlag.execute) === 0 ||
        mapping.offset < first ||
        mapping.offset >= offset + fileSize
      )
        continue;
      return mapping.start - (address - offset + mapping.offset);
    }
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
  }
  return undefined;
}

/** Modules of a process by their executable mappings. */
export class Modules {
  readonly list: readonly Module[];
  /** Executable file mappings whose file could not be opened. */
  readonly unopened: readonly Mapping[];
  readonly #mappings: readonly Mapping[];
  readonly #byMapping: ReadonlyMap<Mapping, Module>;

  constructor(process: LiveProcess, files: MappedFiles) {
    const list: Module[] = [];
    const unopened: Mapping[] = [];
    this.#mappings = process.mappings;
    for (const mapping of process.mappings) {
      if (!mapping.executable || mapping.kind !== 'file') continue;
      const file = files.of(process, mapping);
      if (file === undefined) unopened.push(mapping);
      else list.push({ file, mapping, bias: biasOf(file, mapping) });
    }
    this.list = list;
    this.unopened = unopened;
    this.#byMapping = new Map(list.map(module => [module.mapping, module]));
  }

  /** What an address lies in; undefined where nothing is mapped. */
  at(address: number): Place | undefined {
    const mapping = this.#mappings[indexAt(this.#mappings, address)];
    return mapping === undefined ? undefined : { mapping, module: this.#byMapping.get(mapping) };
  }

  /** Whether a module of these exports a name. */
  exports(name: string): boolean {
    return this.list.some(({ file }) => {
      try {
        return file.elf?.lookup(name).some(symbol => symbol.section !== 0) === true;
      } catch (error) {
        if (error instanceof ElfError) return false;
        throw error;
      }
    });
  }
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
