/** Names of places in memory. */
import { ElfError, type ElfFile, symbolType } from '@redoubt/observe/elf';
import { hex } from './maps.ts';
import type { Place } from './modules.ts';

/** The function that holds an address, as the file's symbols have it: `name` or `name+0x10`. */
export function functionAt(elf: ElfFile | undefined, address: number): string | undefined {
  if (elf === undefined) return undefined;
  try {
    for (const table of [elf.allSymbols, elf.dynamicSymbols]) {
      for (const { name, type, value, size } of table) {
        const isCode = type === symbolType.function || type === symbolType.indirect;
        if (!isCode || name === '' || address < value || address >= value + Math.max(size, 1)) continue;
        return address === value ? name : `${name}+${hex(address - value)}`;
      }
    }
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
  }
  return undefined;
}

/** The function that an address of a module lies in; undefined when it is not known. */
export function functionAtPlace(place: Place | undefined, address: number): string | undefined {
  const module = place?.module;
  return module?.bias === undefined ? undefined : functionAt(module.file.elf, address - module.bias);
}
