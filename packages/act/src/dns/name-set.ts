/** A million names in some 20 MB: 64-bit hashes in an open table, with a number for each. */
import { randomBytes } from 'node:crypto';

/** Which names an entry speaks of: itself, those below it, or both. */
export const reach = { exact: 0, below: 1, tree: 2 } as const;
export type Reach = keyof typeof reach;

/** A set's number for a name; 0 is taken for "nothing". */
export type Mark = number;

const first = 1 << 12;

/**
 * Names with marks from 1 to 65535. Two names are taken for one with a chance of one in 2^64 a pair; the hash is keyed
 * at random, so that nobody can make names that collide.
 */
export class NameSet {
  #low = new Uint32Array(first);
  #high = new Uint32Array(first);
  #marks = new Uint16Array(first);
  #size = 0;
  readonly #seed: readonly [number, number];

  constructor(seed = randomBytes(8)) {
    this.#seed = [seed.readUInt32LE(0), seed.readUInt32LE(4)];
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of the table. */
  get bytes(): number {
    return this.#low.length * 10;
  }

  /**
   * Adds a name in lower case, without the final dot. One that is there keeps its mark: what came first counts.
   * @returns whether it is new
   */
  add(name: string, kind: Reach, mark: Mark): boolean {
    if (this.#size * 4 >= this.#low.length * 3) this.#grow();
    const [low, high] = this.#hash(name, 0, reach[kind]);
    const slot = this.#slot(low, high);
    if (this.#marks[slot] !== 0) return false;
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#marks[slot] = mark;
    this.#size++;
    return true;
  }

  /**
   * Every mark whose entry reaches a name, with the part of the name that the entry was for. The name itself comes
   * first, then the zones above it, the nearest first.
   */
  *matches(name: string): Generator<{ mark: Mark; entry: string; kind: Reach }> {
    for (let start = 0, isSelf = true; ; isSelf = false) {
      const own: Reach = isSelf ? 'exact' : 'below';
      for (const kind of [own, 'tree'] as const) {
        const [low, high] = this.#hash(name, start, reach[kind]);
        const mark = this.#marks[this.#slot(low, high)] as number;
        if (mark !== 0) yield { mark, entry: name.slice(start), kind };
      }
      const dot = name.indexOf('.', start);
      if (dot < 0) return;
      start = dot + 1;
    }
  }

  /** Two 32-bit hashes of the rest of a name (the mixing of MurmurHash3, Appleby, public domain). */
  #hash(name: string, start: number, kind: number): [number, number] {
    let a = (this.#seed[0] ^ Math.imul(kind + 1, 0x9e3779b1)) >>> 0;
    let b = (this.#seed[1] ^ Math.imul(kind + 1, 0x85ebca6b)) >>> 0;
    for (let at = start; at < name.length; at++) {
      const code = name.charCodeAt(at);
      a = Math.imul(a ^ code, 0xcc9e2d51);
      a = (a << 15) | (a >>> 17);
      b = Math.imul(b ^ code ^ (a >>> 7), 0x1b873593);
      b = (b << 13) | (b >>> 19);
    }
    return [mixed(a ^ (b >>> 3)), mixed(b ^ (name.length - start))];
  }

  #slot(low: number, high: number): number {
    const mask = this.#low.length - 1;
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & mask;
    while (this.#marks[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [low, high, marks] = [this.#low, this.#high, this.#marks];
    this.#low = new Uint32Array(low.length * 2);
    this.#high = new Uint32Array(low.length * 2);
    this.#marks = new Uint16Array(low.length * 2);
    for (let old = 0; old < low.length; old++) {
      if (marks[old] === 0) continue;
      const slot = this.#slot(low[old] as number, high[old] as number);
      this.#low[slot] = low[old] as number;
      this.#high[slot] = high[old] as number;
      this.#marks[slot] = marks[old] as number;
    }
  }
}

function mixed(value: number): number {
  let hash = value;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
