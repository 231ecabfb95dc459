/** Relocations: what the dynamic linker writes, and where. */
import { type ElfBytes, elfLimits, machine } from './layout.ts';

/** One relocation. */
export interface ElfRelocation {
  /** Address that is written to, in the file's own address space. */
  readonly address: number;
  /** Type, in the numbers of the machine. */
  readonly type: number;
  /** Index in the dynamic symbol table; 0 for none. */
  readonly symbol: number;
  /** Undefined where it stands at the address itself (REL). */
  readonly addend: number | undefined;
}

/** The types that fill tables of imports, by machine. */
export interface ImportTypes {
  readonly jumpSlot: number;
  readonly globalData: number;
  readonly relative: number;
  readonly indirect: number;
  /** Bytes that an ordinary relocation writes. */
  readonly width: number;
}

/** Numbers of the ABI supplements: x86-64, i386, AArch64, RISC-V (where GLOB_DAT is R_RISCV_64). */
const importTypesOf: Readonly<Record<number, ImportTypes>> = {
  [machine.x86_64]: { jumpSlot: 7, globalData: 6, relative: 8, indirect: 37, width: 8 },
  [machine.i386]: { jumpSlot: 7, globalData: 6, relative: 8, indirect: 42, width: 4 },
  [machine.aarch64]: { jumpSlot: 1026, globalData: 1025, relative: 1027, indirect: 1032, width: 8 },
  [machine.riscv]: { jumpSlot: 5, globalData: 2, relative: 3, indirect: 58, width: 8 },
};

/** The import relocations of a machine; undefined when it is not known. */
export function importTypes(machineNumber: number): ImportTypes | undefined {
  return importTypesOf[machineNumber];
}

/** Entries of a REL or RELA table, bounded. */
export function* readRelocations(bytes: ElfBytes, withAddend: boolean): Generator<ElfRelocation> {
  const { is64 } = bytes;
  const size = (is64 ? 16 : 8) + (withAddend ? (is64 ? 8 : 4) : 0);
  const count = Math.min(Math.floor(bytes.length / size), elfLimits.relocations);
  for (let index = 0; index < count; index++) {
    const at = index * size;
    const address = bytes.word(at);
    if (is64) {
      const low = bytes.u32(bytes.littleEndian ? at + 8 : at + 12);
      const high = bytes.u32(bytes.littleEndian ? at + 12 : at + 8);
      yield { address, type: low, symbol: high, addend: withAddend ? bytes.s64(at + 16) : undefined };
    } else {
      const info = bytes.u32(at + 4);
      const addend = withAddend ? bytes.u32(at + 8) | 0 : undefined;
      yield { address, type: info & 0xff, symbol: info >>> 8, addend };
    }
  }
}

/** Addresses that a RELR table (packed relative relocations; gABI draft, SHT_RELR) names, bounded. */
export function* readRelr(bytes: ElfBytes): Generator<number> {
  const word = bytes.is64 ? 8 : 4;
  let base = 0;
  let told = 0;
  for (let at = 0; at + word <= bytes.length && told < elfLimits.relocations; at += word) {
    const low = bytes.u32(bytes.is64 && !bytes.littleEndian ? at + 4 : at);
    if ((low & 1) === 0) {
      base = bytes.word(at);
      told++;
      yield base;
      base += word;
      continue;
    }
    const high = bytes.is64 ? bytes.u32(bytes.littleEndian ? at + 4 : at) : 0;
    for (let bit = 1; bit < word * 8; bit++) {
      const set = bit < 32 ? (low >>> bit) & 1 : (high >>> (bit - 32)) & 1;
      if (set) {
        told++;
        yield base + (bit - 1) * word;
      }
    }
    base += (word * 8 - 1) * word;
  }
}
