/** Networks of one address family: an address is looked up once for each prefix length that occurs. */

import type { Arrays, EntryFacts } from '../table/table.ts';
import { WordTable } from '../table/word-table.ts';
import { maskWord } from '../value/address.ts';

/** A key is the network's words, then a word with the prefix in its low byte and the port (0 any) above it. */
export class AddressTable extends WordTable {
  #prefixes: readonly number[] = [];
  #hasPorts = false;

  /** @param words 32-bit words of an address: 1 for IPv4, 4 for IPv6 */
  constructor(words: 1 | 4, seed: number) {
    super(words + 1, seed);
  }

  /** Adds every entry for exactly this network and port to `into`, and leaves the key set for `insert`. */
  findNetwork(words: readonly number[], prefix: number, port: number, into: number[]): void {
    this.key.set(words);
    this.key[words.length] = prefix | (port << 8);
    this.find(into);
  }

  /** Adds every entry whose network holds the address, for this port or any, to `into`. */
  findAddress(words: readonly number[], port: number, into: number[]): void {
    const { key } = this;
    const last = words.length;
    for (const prefix of this.#prefixes) {
      for (let index = 0; index < last; index++) key[index] = maskWord(words[index] ?? 0, index, prefix);
      key[last] = prefix;
      this.find(into);
      if (!this.#hasPorts || port === 0) continue;
      key[last] = prefix | (port << 8);
      this.find(into);
    }
  }

  /** The network of an entry. */
  networkOf(entry: number): { words: number[]; prefix: number; port: number } {
    const words = [...this.keyOf(entry)];
    const last = words.pop() ?? 0;
    return { words, prefix: last & 0xff, port: last >>> 8 };
  }

  override insert(facts: EntryFacts): void {
    this.#note(this.key[this.width - 1] ?? 0);
    super.insert(facts);
  }

  override load(count: number, arrays: Arrays): void {
    super.load(count, arrays);
    const kinds = new Set<number>();
    for (let entry = 0; entry < count; entry++) kinds.add(this.lastWord(entry));
    for (const kind of kinds) this.#note(kind);
  }

  #note(last: number): void {
    const prefix = last & 0xff;
    if (last >>> 8 !== 0) this.#hasPorts = true;
    // Longest first: what is said of a network within a network comes first.
    if (!this.#prefixes.includes(prefix)) this.#prefixes = [...this.#prefixes, prefix].sort((a, b) => b - a);
  }
}
