/** A table whose keys are some 32-bit words each: digests, and networks with their prefix and port. */
import { type Arrays, type EntryFacts, entryBits, grown, scatter, Table, tagBits } from './table.ts';

export class WordTable extends Table {
  /** Words of a key. */
  readonly width: number;
  /** Set this to the key before `find` and `insert`. */
  readonly key: Uint32Array;
  #keys: Uint32Array<ArrayBuffer>;

  constructor(width: number, seed: number) {
    super(seed);
    this.width = width;
    this.key = new Uint32Array(width);
    this.#keys = new Uint32Array(width * this.meta.length);
  }

  /** Adds every entry with `key` to `into`. */
  find(into: number[]): void {
    const { key, width, slots } = this;
    const keys = this.#keys;
    const mask = slots.length - 1;
    const hash = this.#hash(key, 0);
    let slot = hash & mask;
    for (let taken = slots[slot]; taken !== undefined && taken !== 0; taken = slots[slot]) {
      if (((taken ^ hash) & tagBits) === 0) {
        const entry = (taken & entryBits) - 1;
        const at = entry * width;
        let same = 0;
        while (same < width && keys[at + same] === key[same]) same++;
        if (same === width) into.push(entry);
      }
      slot = (slot + 1) & mask;
    }
  }

  /** Adds an entry with `key`. */
  insert(facts: EntryFacts): void {
    this.reserve();
    this.#keys.set(this.key, this.count * this.width);
    this.append(this.#hash(this.key, 0), facts);
  }

  /** The key of an entry. */
  keyOf(entry: number): Uint32Array {
    return this.#keys.subarray(entry * this.width, (entry + 1) * this.width);
  }

  /** The last word of an entry's key. */
  protected lastWord(entry: number): number {
    return this.#keys[(entry + 1) * this.width - 1] ?? 0;
  }

  #hash(words: Uint32Array, from: number): number {
    let hash = this.seed;
    for (let index = from; index < from + this.width; index++) {
      hash ^= Math.imul(words[index] ?? 0, 0xcc9e2d51);
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
    }
    return scatter(hash);
  }

  protected hashOf(entry: number): number {
    return this.#hash(this.#keys, entry * this.width);
  }

  protected growKeys(length: number): void {
    this.#keys = grown(this.#keys, length * this.width);
  }

  protected keyArrays(): Arrays {
    return { keys: this.#keys.subarray(0, this.count * this.width) };
  }

  protected setKeyArrays({ keys }: Arrays): boolean {
    if (!(keys instanceof Uint32Array) || keys.length !== this.count * this.width) return false;
    this.#keys = keys as Uint32Array<ArrayBuffer>;
    return true;
  }
}
