/**
 * Import tables (GOT and PLT slots) in memory: each slot must lead to the function that its symbol names, in a
 * module that exports it. Names are looked up through the hash tables of the files, as the dynamic linker does.
 */
import { ElfError, type ElfFile, symbolType } from '@redoubt/observe/elf';
import type { ImportSlot, MappedFile } from './files.ts';
import { hex, permissions } from './maps.ts';
import { baseName, type Module, type Modules, type Place } from './modules.ts';
import { functionAtPlace } from './names.ts';
import type { Observation } from './observation.ts';
import { type LiveProcess, pageSize } from './process.ts';

/** Most slots that are told of one module. */
const maxTold = 8;

/** Memory of a process, a page at a time. */
class Pages {
  readonly #process: LiveProcess;
  readonly #pages = new Map<number, Buffer>();

  constructor(process: LiveProcess) {
    this.#process = process;
  }

  /** A little-endian word; undefined where nothing can be read. */
  word(address: number, width: number): number | undefined {
    const start = Math.floor(address / pageSize) * pageSize;
    let page = this.#pages.get(start);
    if (page === undefined) {
      page = this.#process.read(start, pageSize);
      this.#pages.set(start, page);
    }
    const at = address - start;
    if (at + width > page.length) return undefined;
    return width === 4
      ? page.readUInt32LE(at)
      : page.readUInt32LE(at) + page.readUInt32LE(at + 4) * 0x1_0000_0000;
  }
}

/** What the file itself holds at an address: where a slot leads before it is bound. */
function initial(elf: ElfFile, address: number, width: number): number | undefined {
  const offset = elf.offsetOf(address);
  if (offset === undefined) return undefined;
  const bytes = elf.source.read(offset, width);
  if (bytes.length < width) return undefined;
  return width === 4 ? bytes.readUInt32LE(0) : bytes.readUInt32LE(0) + bytes.readUInt32LE(4) * 0x1_0000_0000;
}

function leadsRight(
  slot: ImportSlot,
  importer: Module,
  target: number,
  place: Place,
  width: number,
): boolean {
  const { module, mapping } = place;
  if (mapping.kind === 'kernel') return true; // the vDSO, which indirect functions of libc resolve to
  if (module === undefined) return false;
  const { file, bias } = module;
  // A file that fits no segment was mapped by hand; what it exports cannot be told.
  if (bias === undefined || file.elf === undefined) return false;
  if (file === importer.file) {
    if (slot.name === '') return true; // an indirect function of its own
    const unbound = initial(file.elf, slot.relocation.address, width);
    if (unbound !== undefined && unbound + bias === target) return true;
  }
  if (slot.name === '') return false;
  const candidates = file.elf.lookup(slot.name);
  return candidates.some(one => one.type === symbolType.indirect || one.value + bias === target);
}

/** Whether a slot holds the address of a function at all. */
function isCode(slot: ImportSlot, jumpSlot: number, indirect: number, place: Place | undefined): boolean {
  if (slot.relocation.type === jumpSlot || slot.relocation.type === indirect) return true;
  if (slot.symbolType === symbolType.function || slot.symbolType === symbolType.indirect) return true;
  // The address of data lies in memory that is not executed.
  return place?.mapping.executable === true;
}

function observe(module: Module, slot: ImportSlot, target: number, place: Place | undefined): Observation {
  const { file, bias = 0 } = module;
  const name = slot.name === '' ? 'an indirect function' : slot.name;
  const intoFile = place?.module !== undefined;
  return {
    kind: intoFile ? 'import.redirected' : 'import.outside',
    severity: intoFile ? 4 : 5,
    subject: `${file.path} ${name}`,
    address: slot.relocation.address + bias,
    facts: {
      module: file.path,
      name: baseName(file.path),
      symbol: name,
      slot: hex(slot.relocation.address + bias),
      target: hex(target),
      into:
        place === undefined
          ? 'nothing that is mapped'
          : `${place.mapping.path || 'anonymous memory'} (${permissions(place.mapping)})`,
      function: functionAtPlace(place, target) ?? '',
    },
  };
}

/** Checks the import tables of a module. */
export function checkImports(process: LiveProcess, modules: Modules, module: Module): Observation[] {
  const { file, bias } = module;
  const types = file.elf?.importTypes;
  if (bias === undefined || types === undefined || !isLittleEndian(file)) return [];
  const pages = new Pages(process);
  const found: Observation[] = [];
  try {
    for (const slot of file.imports) {
      const target = pages.word(slot.relocation.address + bias, types.width);
      if (target === undefined || target === 0) continue;
      const place = modules.at(target);
      if (!isCode(slot, types.jumpSlot, types.indirect, place)) continue;
      if (place !== undefined && leadsRight(slot, module, target, place, types.width)) continue;
      // Data that the linker knew no type of, or a slot of a module that is being bound just now.
      if (
        slot.relocation.type === types.globalData &&
        place?.mapping.executable !== true &&
        slot.symbolType === 0
      )
        continue;
      found.push(observe(module, slot, target, place));
      if (found.length >= maxTold) break;
    }
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
  }
  return found;
}

function isLittleEndian(file: MappedFile): boolean {
  return file.elf?.header.littleEndian === true;
}
