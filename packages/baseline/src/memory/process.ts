/**
 * The memory of a running process, read without stopping it: /proc/PID/mem copies pages while the process runs,
 * /proc/PID/pagemap tells which pages are the process's own. Sources: proc(5), Documentation/admin-guide/mm/pagemap.rst.
 */
import { closeSync, fstatSync, openSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import { type Mapping, parseMaps } from './maps.ts';

/** Bytes of a page; every 64-bit Linux of ours has at least this, and larger pages are multiples. */
export const pageSize = 4096;

/** Bits 63 (present), 62 (swapped) and 61 (file page or shared) of a pagemap entry, in its upper half. */
const present = 0x8000_0000;
const swapped = 0x4000_0000;
const ofFile = 0x2000_0000;

/** Pages whose entries are read at once: short enough that the process's own memory calls hardly wait. */
const entriesAtOnce = 8192;

/** A process whose memory cannot be read: gone, a kernel thread, or not permitted. */
export class ProcessGone extends Error {}

/** An open process. `close` it; everything read meanwhile may change under one's hands. */
export class LiveProcess {
  readonly pid: number;
  readonly root: string;
  #memory: number | undefined;
  #pagemap: number | undefined;
  #mappings: Mapping[] | undefined;

  /** @param root mount point of /proc */
  constructor(pid: number, root = '/proc') {
    this.pid = pid;
    this.root = root;
  }

  /** Path of a file below /proc/PID. */
  path(name: string): string {
    return `${this.root}/${this.pid}/${name}`;
  }

  /** Its mappings in ascending order, read once. @throws ProcessGone */
  get mappings(): readonly Mapping[] {
    if (this.#mappings === undefined) {
      try {
        this.#mappings = parseMaps(readFileSync(this.path('maps'), 'utf8')).mappings;
      } catch (error) {
        throw new ProcessGone(`process ${this.pid} cannot be read`, { cause: error });
      }
    }
    return this.#mappings;
  }

  /** Up to `length` bytes at an address; fewer where unmapped or unreadable memory begins. */
  read(address: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, this.readInto(bytes, address));
  }

  /** Fills a buffer from an address; returns how many bytes could be read. */
  readInto(bytes: Buffer, address: number): number {
    let done = 0;
    try {
      this.#memory ??= openSync(this.path('mem'), 'r');
      while (done < bytes.length) {
        const got = readSync(this.#memory, bytes, done, bytes.length - done, address + done);
        if (got === 0) break;
        done += got;
      }
    } catch {
      // EIO: nothing is mapped there any more
    }
    return done;
  }

  /**
   * Runs of pages between two addresses that are the process's own: written since they were mapped from the file,
   * or anonymous. Without a readable pagemap every page counts.
   */
  ownPages(start: number, end: number): Generator<number> {
    return this.#pages(start, end, flags => (flags & (present | swapped)) !== 0 && (flags & ofFile) === 0);
  }

  /** Pages that hold something: reading them brings nothing new into memory. */
  filledPages(start: number, end: number): Generator<number> {
    return this.#pages(start, end, flags => (flags & (present | swapped)) !== 0);
  }

  *#pages(start: number, end: number, wanted: (flags: number) => boolean): Generator<number> {
    const entries = Buffer.allocUnsafe(Math.min(entriesAtOnce, Math.max((end - start) / pageSize, 1)) * 8);
    for (let at = start; at < end; ) {
      const count = Math.min(entries.length / 8, (end - at) / pageSize);
      const got = this.#readPagemap(entries.subarray(0, count * 8), at);
      for (let index = 0; index < count; index++) {
        if (got === undefined || (index * 8 < got && wanted(entries.readUInt32LE(index * 8 + 4)))) {
          yield at + index * pageSize;
        }
      }
      at += count * pageSize;
    }
  }

  #readPagemap(entries: Buffer, address: number): number | undefined {
    try {
      this.#pagemap ??= openSync(this.path('pagemap'), 'r');
      return readSync(this.#pagemap, entries, 0, entries.length, (address / pageSize) * 8);
    } catch {
      return undefined;
    }
  }

  /**
   * Opens the very file behind a mapping, even when it was removed or replaced since: through map_files (root),
   * else by path if the inode there is still the same. Undefined when neither leads to it.
   */
  openMapped(mapping: Mapping): number | undefined {
    const { start, end, path, inode } = mapping;
    try {
      return openSync(this.path(`map_files/${start.toString(16)}-${end.toString(16)}`), 'r');
    } catch {
      // not permitted, or unmapped meanwhile
    }
    if (!path.startsWith('/')) return undefined;
    const target = this.path(`root${path}`);
    try {
      // Whatever lies at the path now may be a FIFO, which would hold us up.
      if (!statSync(target).isFile()) return undefined;
      const descriptor = openSync(target, 'r');
      if (String(fstatSync(descriptor, { bigint: true }).ino) === inode) return descriptor;
      closeSync(descriptor);
    } catch {
      // gone
    }
    return undefined;
  }

  /** A link such as `exe`, `root` or `ns/mnt`; undefined when the process is gone. */
  link(name: string): string | undefined {
    try {
      return readlinkSync(this.path(name));
    } catch {
      return undefined;
    }
  }

  /** A small text below /proc/PID; undefined when it cannot be read. */
  text(name: string): string | undefined {
    try {
      return readFileSync(this.path(name), 'utf8');
    } catch {
      return undefined;
    }
  }

  /** A small file below /proc/PID as bytes; undefined when it cannot be read. */
  bytes(name: string): Buffer | undefined {
    try {
      return readFileSync(this.path(name));
    } catch {
      return undefined;
    }
  }

  close(): void {
    for (const descriptor of [this.#memory, this.#pagemap])
      if (descriptor !== undefined) closeSync(descriptor);
    this.#memory = undefined;
    this.#pagemap = undefined;
  }
}
