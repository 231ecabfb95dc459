/**
 * Verdicts that are known already. A file whose device, inode, size, modification and change time are those of the
 * last scan by the same engines is not opened again.
 * Clean files take 16 bytes each; the few others are kept with their whole verdict.
 */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { Verdict } from '../verdict.ts';

/** What identifies a state of a file (stat(2)); any change of content or attributes changes the change time. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** What is known of a file that is not simply clean. */
export interface KnownVerdict {
  readonly path: string;
  readonly verdict: Verdict;
  readonly sha256?: string;
}

const magic = 'redoubt-verdicts-1\n';
const saltBytes = 16;
const checkBytes = 32;
const words = 4;
const leastSlots = 4_096;
/** Changes that are younger than this may share their time stamp with a later one (the kernel's tick is 4 ms). */
const settledMilliseconds = 50;

/** A set of 128-bit keys, open addressing. */
class KeySet {
  slots: Uint32Array;
  count = 0;

  constructor(slots: Uint32Array = new Uint32Array(leastSlots * words)) {
    this.slots = slots;
    for (let at = 0; at < slots.length; at += words) if (slots[at] !== 0) this.count += 1;
  }

  has(key: Uint32Array): boolean {
    return this.slots[this.#place(this.slots, key)] !== 0;
  }

  add(key: Uint32Array): void {
    const at = this.#place(this.slots, key);
    if (this.slots[at] !== 0) return;
    this.slots.set(key, at);
    this.count += 1;
    if (this.count * words * 2 > this.slots.length) this.#grow();
  }

  /** Where the key stands, or the free place where it belongs. */
  #place(slots: Uint32Array, key: Uint32Array): number {
    const mask = slots.length / words - 1;
    let slot = (key[1] ?? 0) & mask;
    for (;;) {
      const at = slot * words;
      if (slots[at] === 0) return at;
      if (
        slots[at] === key[0] &&
        slots[at + 1] === key[1] &&
        slots[at + 2] === key[2] &&
        slots[at + 3] === key[3]
      )
        return at;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const larger = new Uint32Array(this.slots.length * 2);
    for (let at = 0; at < this.slots.length; at += words) {
      if (this.slots[at] === 0) continue;
      const key = this.slots.subarray(at, at + words);
      larger.set(key, this.#place(larger, key));
    }
    this.slots = larger;
  }
}

/** The cache of one combination of engines, rules and limits. */
export class VerdictCache {
  readonly #engines: string;
  #salt: Buffer = randomBytes(saltBytes);
  #seeds: Uint32Array;
  #files = new KeySet();
  readonly #others = new Map<string, KnownVerdict>();
  readonly #key = new Uint32Array(words);
  readonly #numbers = new Float64Array(5);
  readonly #halves = new Uint32Array(this.#numbers.buffer);

  /** @param engines names and versions of everything that a verdict depends on */
  constructor(engines: string) {
    this.#engines = createHash('sha256').update(engines).digest('hex');
    this.#seeds = seedsOf(this.#salt);
  }

  /** Files that are known to be clean. */
  get size(): number {
    return this.#files.count + this.#others.size;
  }

  /** The verdict on a file that is as it was; `clean` when nothing was to be said of it. */
  find(file: FileIdentity): KnownVerdict | 'clean' | undefined {
    if (this.#files.has(this.#keyOf(file))) return 'clean';
    return this.#others.size > 0 ? this.#others.get(identityText(file)) : undefined;
  }

  /** Remembers a file. One that changed a moment ago is not remembered: its times do not tell it apart yet. */
  add(file: FileIdentity, known: KnownVerdict | 'clean', now = Date.now()): void {
    if (now - file.ctimeMs < settledMilliseconds) return;
    if (known !== 'clean') {
      this.#others.set(identityText(file), known);
      return;
    }
    this.#files.add(this.#keyOf(file));
  }

  /** Seeded, so that nobody can make two states of a file that have the same key. */
  #keyOf({ dev, ino, size, mtimeMs, ctimeMs }: FileIdentity): Uint32Array {
    const numbers = this.#numbers;
    numbers[0] = dev;
    numbers[1] = ino;
    numbers[2] = size;
    numbers[3] = mtimeMs;
    numbers[4] = ctimeMs;
    const key = this.#key;
    for (let word = 0; word < words; word += 1) {
      let hash = this.#seeds[word] ?? 0;
      for (let half = 0; half < 10; half += 1) {
        hash = Math.imul(hash ^ (this.#halves[half] ?? 0), 0x9e3779b1);
        hash ^= hash >>> 15;
        hash = Math.imul(hash, 0x85ebca6b);
        hash ^= hash >>> 13;
      }
      key[word] = hash;
    }
    key[0] = (key[0] ?? 0) | 1;
    return key;
  }

  /**
   * Reads the cache from a file. One that is missing, damaged or of other engines leaves the cache empty: it is a
   * cache. @returns why it is empty, for whoever wants to know
   */
  load(path: string): 'loaded' | 'missing' | 'damaged' | 'other engines' {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      return 'missing';
    }
    const body = bytes.subarray(0, -checkBytes);
    if (!bytes.toString('latin1', 0, magic.length).startsWith(magic)) return 'damaged';
    if (!createHash('sha256').update(body).digest().equals(bytes.subarray(-checkBytes))) return 'damaged';
    const headerEnd = body.indexOf('\n', magic.length);
    const header = JSON.parse(body.toString('utf8', magic.length, headerEnd)) as Header;
    if (header.engines !== this.#engines) return 'other engines';
    this.#salt = Buffer.from(header.salt, 'hex');
    this.#seeds = seedsOf(this.#salt);
    const start = headerEnd + 1;
    this.#files = new KeySet(slotsAt(body, start, header.files));
    const others = body.toString('utf8', start + header.files);
    for (const [key, known] of JSON.parse(others) as [string, KnownVerdict][]) this.#others.set(key, known);
    return 'loaded';
  }

  /** Writes the cache beside the file and puts it in its place, so that it is always a whole one. @throws system errors */
  save(path: string): void {
    const files = bytesOf(this.#files.slots);
    const header: Header = {
      engines: this.#engines,
      salt: this.#salt.toString('hex'),
      files: files.length,
    };
    const parts = [
      Buffer.from(`${magic}${JSON.stringify(header)}\n`),
      files,
      Buffer.from(JSON.stringify([...this.#others])),
    ];
    const check = createHash('sha256');
    const temporary = `${path}.${process.pid}.new`;
    const fd = openSync(temporary, 'w', 0o600);
    try {
      for (const part of parts) {
        check.update(part);
        for (let at = 0; at < part.length; ) at += writeSync(fd, part, at);
      }
      writeSync(fd, check.digest());
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  }
}

interface Header {
  readonly engines: string;
  readonly salt: string;
  /** Bytes of the table that follows. */
  readonly files: number;
}

function seedsOf(salt: Buffer): Uint32Array {
  return Uint32Array.from({ length: words }, (_, word) => salt.readUInt32LE(word * 4));
}

function bytesOf(slots: Uint32Array): Buffer {
  return Buffer.from(slots.buffer, slots.byteOffset, slots.byteLength);
}

function slotsAt(body: Buffer, start: number, length: number): Uint32Array {
  const copy = new Uint8Array(length);
  copy.set(body.subarray(start, start + length));
  return new Uint32Array(copy.buffer);
}

function identityText({ dev, ino, size, mtimeMs, ctimeMs }: FileIdentity): string {
  return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
}
