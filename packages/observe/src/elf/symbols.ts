/** Symbols: tables of them, and single ones looked up by name through the hash tables of the dynamic linker. */
import { type ElfBytes, elfLimits } from './layout.ts';

/** One symbol. */
export interface ElfSymbol {
  readonly name: string;
  /** Address in the file's own address space, or a size for common symbols. */
  readonly value: number;
  readonly size: number;
  /** See `symbolType`. */
  readonly type: number;
  /** 0 local, 1 global, 2 weak. */
  readonly binding: number;
  readonly visibility: number;
  /** 0: not defined here. */
  readonly section: number;
}

/** Reads entries of a symbol table: `bytes` begins with its first. */
export class SymbolTable {
  readonly #bytes: ElfBytes;
  readonly #names: ElfBytes;
  readonly #entry: number;
  /** Entries that the bytes hold, bounded. */
  readonly count: number;

  constructor(bytes: ElfBytes, names: ElfBytes) {
    this.#bytes = bytes;
    this.#names = names;
    this.#entry = bytes.is64 ? 24 : 16;
    this.count = Math.min(Math.floor(bytes.length / this.#entry), elfLimits.symbols);
  }

  /** The symbol at an index; undefined beyond the table. A name that cannot be read is empty. */
  at(index: number): ElfSymbol | undefined {
    if (!(index >= 0) || index >= this.count) return undefined;
    const at = index * this.#entry;
    const bytes = this.#bytes;
    const name = this.#names.text(bytes.u32(at)) ?? '';
    const [info, other, section, value, size] = bytes.is64
      ? [bytes.u8(at + 4), bytes.u8(at + 5), bytes.u16(at + 6), bytes.u64(at + 8), bytes.u64(at + 16)]
      : [bytes.u8(at + 12), bytes.u8(at + 13), bytes.u16(at + 14), bytes.u32(at + 4), bytes.u32(at + 8)];
    return { name, value, size, type: info & 0xf, binding: info >> 4, visibility: other & 3, section };
  }

  *[Symbol.iterator](): Generator<ElfSymbol> {
    for (let index = 0; index < this.count; index++) {
      const symbol = this.at(index);
      if (symbol !== undefined) yield symbol;
    }
  }
}

/** Hash of a name in DT_GNU_HASH (djb2, as in glibc's dl-lookup). */
export function gnuHash(name: string): number {
  let hash = 5381;
  for (const byte of Buffer.from(name)) hash = (Math.imul(hash, 33) + byte) >>> 0;
  return hash;
}

/** Hash of a name in DT_HASH (gABI, "Hash Table"). */
export function systemHash(name: string): number {
  let hash = 0;
  for (const byte of Buffer.from(name)) {
    hash = ((hash << 4) + byte) >>> 0;
    const high = hash & 0xf0000000;
    if (high !== 0) hash ^= high >>> 24;
    hash = (hash & ~high) >>> 0;
  }
  return hash;
}

/** Indexes of symbols that a DT_GNU_HASH table holds below a hash; the caller compares names. */
export function gnuCandidates(table: ElfBytes, name: string): number[] {
  if (table.length < 16) return [];
  const [buckets, first, bloom] = [table.u32(0), table.u32(4), table.u32(8)];
  const bucketsAt = 16 + bloom * (table.is64 ? 8 : 4);
  const chainsAt = bucketsAt + buckets * 4;
  if (buckets === 0 || chainsAt > table.length) return [];
  const hash = gnuHash(name);
  const found: number[] = [];
  const start = table.u32(bucketsAt + (hash % buckets) * 4);
  if (start < first) return found;
  for (let index = start, steps = 0; steps < elfLimits.chain; index++, steps++) {
    const at = chainsAt + (index - first) * 4;
    if (at + 4 > table.length) break;
    const chain = table.u32(at);
    if ((chain | 1) >>> 0 === (hash | 1) >>> 0) found.push(index);
    if (chain & 1) break;
  }
  return found;
}

/** Indexes of symbols that a DT_HASH table holds below a hash; the caller compares names. */
export function systemCandidates(table: ElfBytes, name: string): number[] {
  if (table.length < 8) return [];
  const buckets = table.u32(0);
  if (buckets === 0 || 8 + buckets * 4 > table.length) return [];
  const found: number[] = [];
  let index = table.u32(8 + (systemHash(name) % buckets) * 4);
  for (let steps = 0; index !== 0 && steps < elfLimits.chain; steps++) {
    found.push(index);
    const at = 8 + buckets * 4 + index * 4;
    if (at + 4 > table.length) break;
    index = table.u32(at);
  }
  return found;
}

/** How many symbols a DT_GNU_HASH table speaks of: one more than the end of its last chain. */
export function gnuSymbolCount(table: ElfBytes): number {
  if (table.length < 16) return 0;
  const [buckets, first, bloom] = [table.u32(0), table.u32(4), table.u32(8)];
  const bucketsAt = 16 + bloom * (table.is64 ? 8 : 4);
  const chainsAt = bucketsAt + buckets * 4;
  if (chainsAt > table.length) return 0;
  let last = 0;
  for (let bucket = 0; bucket < buckets; bucket++) last = Math.max(last, table.u32(bucketsAt + bucket * 4));
  if (last < first) return first;
  for (let steps = 0; steps < elfLimits.symbols; steps++, last++) {
    const at = chainsAt + (last - first) * 4;
    if (at + 4 > table.length) return last;
    if (table.u32(at) & 1) return last + 1;
  }
  return last;
}
