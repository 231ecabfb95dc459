/** A table whose keys are ASCII texts: names, URLs, fingerprints. */
import { type Arrays, type EntryFacts, entryBits, grown, scatter, Table, tagBits } from './table.ts';

/** From which end texts are hashed: names from their end, so that one pass gives the hash of every parent. */
export type Direction = 'forward' | 'backward';

const prime = 0x01000193;

export class TextTable extends Table {
  readonly #direction: Direction;
  #bytes = new Uint8Array(1024);
  /** Where each entry's text ends in `bytes`; it begins where the one before ends. */
  #ends = new Uint32Array(this.meta.length);

  constructor(direction: Direction, seed: number) {
    super(seed);
    this.#direction = direction;
  }

  /** Adds every entry with exactly this text to `into`. */
  find(text: string, into: number[]): void {
    let hash = this.start;
    if (this.#direction === 'forward') {
      for (let index = 0; index < text.length; index++) hash = this.step(hash, text.charCodeAt(index));
    } else
      for (let index = text.length - 1; index >= 0; index--) hash = this.step(hash, text.charCodeAt(index));
    this.findRange(hash, text, 0, text.length, into);
  }

  /** Adds every entry whose text is `text` from `from` to `to` to `into`; `hash` is made by `step` from `start`. */
  findRange(hash: number, text: string, from: number, to: number, into: number[]): void {
    const { slots } = this;
    const mask = slots.length - 1;
    const scattered = scatter(hash);
    let slot = scattered & mask;
    for (let taken = slots[slot]; taken !== undefined && taken !== 0; taken = slots[slot]) {
      const entry = (taken & entryBits) - 1;
      if (((taken ^ scattered) & tagBits) === 0 && this.#isText(entry, text, from, to)) into.push(entry);
      slot = (slot + 1) & mask;
    }
  }

  /** The hash of no character. */
  get start(): number {
    return this.seed;
  }

  /** The hash with one character more (FNV-1a, Fowler, Noll and Vo, with a start of our own). */
  step(hash: number, code: number): number {
    return Math.imul(hash ^ code, prime);
  }

  /** Adds an entry. `text` is ASCII. */
  insert(text: string, facts: EntryFacts): void {
    this.reserve();
    const begin = this.#beginOf(this.count);
    const end = begin + text.length;
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(this.#bytes.length * 2, end));
    for (let index = 0; index < text.length; index++) this.#bytes[begin + index] = text.charCodeAt(index);
    this.#ends[this.count] = end;
    this.append(this.hashOf(this.count), facts);
  }

  /** The text of an entry. */
  textOf(entry: number): string {
    return Buffer.from(this.#bytes.subarray(this.#beginOf(entry), this.#ends[entry])).toString('latin1');
  }

  #beginOf(entry: number): number {
    return entry === 0 ? 0 : (this.#ends[entry - 1] ?? 0);
  }

  #isText(entry: number, text: string, from: number, to: number): boolean {
    const begin = this.#beginOf(entry);
    if ((this.#ends[entry] ?? 0) - begin !== to - from) return false;
    const bytes = this.#bytes;
    for (let index = to - from - 1; index >= 0; index--) {
      if (bytes[begin + index] !== text.charCodeAt(from + index)) return false;
    }
    return true;
  }

  protected hashOf(entry: number): number {
    const begin = this.#beginOf(entry);
    const end = this.#ends[entry] ?? 0;
    let hash = this.start;
    if (this.#direction === 'forward') {
      for (let at = begin; at < end; at++) hash = this.step(hash, this.#bytes[at] ?? 0);
    } else for (let at = end - 1; at >= begin; at--) hash = this.step(hash, this.#bytes[at] ?? 0);
    return scatter(hash);
  }

  protected growKeys(length: number): void {
    this.#ends = grown(this.#ends, length);
  }

  protected keyArrays(): Arrays {
    return {
      bytes: this.#bytes.subarray(0, this.#beginOf(this.count)),
      ends: this.#ends.subarray(0, this.count),
    };
  }

  protected setKeyArrays({ bytes, ends }: Arrays): boolean {
    if (!(bytes instanceof Uint8Array) || !(ends instanceof Uint32Array) || ends.length !== this.count)
      return false;
    if ((ends.at(-1) ?? 0) !== bytes.length) return false;
    this.#bytes = bytes as Uint8Array<ArrayBuffer>;
    this.#ends = ends as Uint32Array<ArrayBuffer>;
    return true;
  }
}
