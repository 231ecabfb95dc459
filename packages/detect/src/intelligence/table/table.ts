/**
 * What the tables of a set have in common: entries in columns, found through open addressing.
 *
 * An entry is a number. Its key, what is known of it and its validity stand in typed arrays at that number, so
 * that a million entries are a dozen objects. A slot holds an entry's number plus one in its low 24 bits and the
 * hash's high byte above, so that keys are hardly ever fetched in vain; 0 is free. Probing is linear and at most
 * two slots in three are taken. One key may have several entries, one a source.
 */

/** A set's arrays as they stand in its file: name → array. */
export type Arrays = Record<string, Uint32Array | Uint8Array>;

const smallest = 16;

/** The bits of a slot that hold an entry's number plus one. */
export const entryBits = 0xffffff;
/** The bits of a slot, and of a hash, that are compared before keys are. */
export const tagBits = 0xff000000;
/** Most entries of a table. */
export const mostEntries = entryBits - 1;

/** Validity that never ends. */
export const forever = 0xffffffff;

/** What is kept of an entry besides its key. Times are seconds since the Unix epoch. */
export interface EntryFacts {
  /** Row of the set's metadata. */
  readonly meta: number;
  readonly from: number;
  /** Exclusive; `forever` if it does not end. */
  readonly until: number;
  /** When this indicator first came from its source. */
  readonly added: number;
}

/** A copy of a typed array with room for `length` elements. */
export function grown<T extends Uint32Array | Uint8Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (size: number) => T)(length);
  larger.set(array);
  return larger;
}

/** Scatters the bits of a 32-bit number (the finaliser of MurmurHash3, Appleby, public domain). */
export function scatter(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Entries and slots; how keys are kept and compared is the subclass's. */
export abstract class Table {
  /** Entries. */
  count = 0;
  protected slots = new Uint32Array(smallest * 2);
  protected meta = new Uint32Array(smallest);
  protected from = new Uint32Array(smallest);
  protected until = new Uint32Array(smallest);
  protected added = new Uint32Array(smallest);
  /** Begins every hash, so that no feed can be made whose keys all fall on one slot. */
  protected readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Hash of an entry's key. */
  protected abstract hashOf(entry: number): number;
  /** Makes room for keys of `length` entries. */
  protected abstract growKeys(length: number): void;
  /** The subclass's own arrays, cut to size. */
  protected abstract keyArrays(): Arrays;
  /** Takes the subclass's own arrays. @returns whether they fit `count` entries */
  protected abstract setKeyArrays(arrays: Arrays): boolean;

  /** What is kept of an entry. */
  facts(entry: number): EntryFacts {
    return {
      meta: this.meta[entry] ?? 0,
      from: this.from[entry] ?? 0,
      until: this.until[entry] ?? 0,
      added: this.added[entry] ?? 0,
    };
  }

  /** Row of the metadata of an entry. */
  metaOf(entry: number): number {
    return this.meta[entry] ?? 0;
  }

  /** Whether an entry is valid at a time, seconds since the Unix epoch. */
  isValid(entry: number, time: number, ignoreStart: boolean): boolean {
    return (ignoreStart || (this.from[entry] ?? 0) <= time) && time < (this.until[entry] ?? 0);
  }

  /** When an entry first came, seconds since the Unix epoch. */
  addedAt(entry: number): number {
    return this.added[entry] ?? 0;
  }

  /** Changes what is kept of an entry. */
  update(entry: number, facts: EntryFacts): void {
    this.meta[entry] = facts.meta;
    this.from[entry] = facts.from;
    this.until[entry] = facts.until;
    this.added[entry] = facts.added;
  }

  /** Adds an entry whose key the subclass has just written at `count`. */
  protected append(hash: number, facts: EntryFacts): void {
    const entry = this.count++;
    this.update(entry, facts);
    if (this.count * 3 > this.slots.length * 2) this.#spread(this.slots.length * 2);
    else this.#place(hash, entry);
  }

  /** Makes room for one more entry. To be called before its key is written. */
  protected reserve(): void {
    if (this.count >= mostEntries) throw new RangeError(`more than ${mostEntries} indicators of one kind`);
    if (this.count < this.meta.length) return;
    const length = this.meta.length * 2;
    this.meta = grown(this.meta, length);
    this.from = grown(this.from, length);
    this.until = grown(this.until, length);
    this.added = grown(this.added, length);
    this.growKeys(length);
  }

  #place(hash: number, entry: number): void {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = (hash & tagBits) | (entry + 1);
  }

  #spread(length: number): void {
    this.slots = new Uint32Array(length);
    for (let entry = 0; entry < this.count; entry++) this.#place(this.hashOf(entry), entry);
  }

  /** The arrays, cut to size, for the set's file. */
  arrays(): Arrays {
    const { count } = this;
    return {
      slots: this.slots,
      meta: this.meta.subarray(0, count),
      from: this.from.subarray(0, count),
      until: this.until.subarray(0, count),
      added: this.added.subarray(0, count),
      ...this.keyArrays(),
    };
  }

  /**
   * Takes over arrays, without copying them.
   * @throws Error if they do not belong together
   */
  load(count: number, arrays: Arrays): void {
    const column = (name: string): Uint32Array<ArrayBuffer> => {
      const array = arrays[name];
      if (!(array instanceof Uint32Array)) throw new Error(`the column "${name}" is missing`);
      return array as Uint32Array<ArrayBuffer>;
    };
    this.slots = column('slots');
    this.meta = column('meta');
    this.from = column('from');
    this.until = column('until');
    this.added = column('added');
    this.count = count;
    const { length } = this.slots;
    const isPowerOfTwo = length > 0 && (length & (length - 1)) === 0;
    const sameLength = [this.meta, this.from, this.until, this.added].every(array => array.length === count);
    // A free slot must be left, or a search for what is not there would not end.
    if (!isPowerOfTwo || count * 3 > length * 2 || !sameLength || !this.setKeyArrays(arrays))
      throw new Error('the columns do not belong together');
  }

  /** Bytes of the entries and slots. */
  get bytes(): number {
    return Object.values(this.arrays()).reduce((sum, array) => sum + array.byteLength, 0);
  }
}
