/** SHA-256 of executables: asynchronous, in slices, cached by what identifies a file's content. */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { deviceName } from '../process/procfs.ts';

/** Bounds of an ExecutableHasher. */
export interface HasherLimits {
  /** Files hashed at the same time. */
  concurrency: number;
  /** Files waiting; more are refused and counted. */
  maxQueue: number;
  /** Digests kept, the least recently used go first. */
  maxCached: number;
  /** Largest file that is hashed, bytes. */
  maxSize: number;
}

const defaultLimits: HasherLimits = {
  concurrency: 2,
  maxQueue: 1024,
  maxCached: 8192,
  maxSize: 1024 * 1024 * 1024,
};

/** Bytes hashed before the event loop gets a turn: about 0.2 ms. */
const sliceSize = 128 * 1024;

/** What the kernel said about a file; together it identifies the content. Times in nanoseconds. */
export interface FileVersion {
  /** "major:minor". */
  device: string;
  inode: bigint;
  modified: bigint;
  changed: bigint;
  size: bigint;
}

/** A file to hash. */
export interface HashRequest {
  version: FileVersion;
  /**
   * `/proc/PID/exe` or `/proc/self/fd/N`, which also reach removed files. Removing or linking a file changes its ctime, so that
   * is not compared here: the file that runs cannot be written to (ETXTBSY), and another has another inode.
   */
  running: string;
  /** Its path, for when the process has ended; undefined when the path leads elsewhere. */
  path: string | undefined;
}

interface Waiting {
  key: string;
  request: HashRequest;
  done: (digest: string | undefined) => void;
}

/** Counters of an ExecutableHasher since it was made. */
export interface HasherCounters {
  hashed: number;
  cacheHits: number;
  /** The queue was full. */
  refused: number;
  /** The file was gone, changed, too large or unreadable. */
  failed: number;
}

/** Hashes files by their identity. Give it the identity that the kernel recorded at exec. */
export class ExecutableHasher {
  readonly counters: HasherCounters = { hashed: 0, cacheHits: 0, refused: 0, failed: 0 };
  readonly #limits: HasherLimits;
  readonly #cache = new Map<string, string>();
  readonly #pending = new Map<string, Promise<string | undefined>>();
  readonly #queue: Waiting[] = [];
  /** One for each file that is read at the same time, used again for the next: a start hashes hundreds of files. */
  readonly #buffers: Buffer[] = [];
  #running = 0;

  constructor(limits: Partial<HasherLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** The digest if it is known already. */
  cached(version: FileVersion): string | undefined {
    const key = versionKey(version);
    const digest = this.#cache.get(key);
    if (digest === undefined) return undefined;
    this.counters.cacheHits++;
    this.#cache.delete(key);
    this.#cache.set(key, digest);
    return digest;
  }

  /**
   * The digest of a file, lower-case hexadecimal.
   * @returns undefined when the file could not be read, is not the one that was asked for any more, is too
   *   large, or too many are waiting; the counters tell which. It never rejects.
   */
  hash(request: HashRequest): Promise<string | undefined> {
    const known = this.cached(request.version);
    if (known !== undefined) return Promise.resolve(known);
    const key = versionKey(request.version);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    if (this.#queue.length >= this.#limits.maxQueue) {
      this.counters.refused++;
      return Promise.resolve(undefined);
    }
    const promise = new Promise<string | undefined>(done => this.#queue.push({ key, request, done }));
    this.#pending.set(key, promise);
    this.#next();
    return promise;
  }

  #next(): void {
    while (this.#running < this.#limits.concurrency) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#running++;
      void this.#work(waiting);
    }
  }

  async #work({ key, request, done }: Waiting): Promise<void> {
    const digest = await this.#hashFirst(request);
    if (digest === undefined) {
      this.counters.failed++;
    } else {
      this.counters.hashed++;
      this.#remember(key, digest);
    }
    this.#pending.delete(key);
    this.#running--;
    done(digest);
    this.#next();
  }

  async #hashFirst({ version, running, path }: HashRequest): Promise<string | undefined> {
    if (version.size > BigInt(this.#limits.maxSize)) return undefined;
    for (const place of [running, path]) {
      if (place === undefined) continue;
      let handle: FileHandle | undefined;
      try {
        handle = await open(place, 'r');
        const stat = await handle.stat({ bigint: true });
        if (!hasContent(stat, version) || (place !== running && !hasChange(stat, version))) continue;
        const digest = await this.#digestOf(handle);
        // A file written to while it was read has a digest that belongs to no version of it.
        if (hasContent(await handle.stat({ bigint: true }), version)) return digest;
      } catch {
        // gone, or not readable here: the next path may be
      } finally {
        await handle?.close().catch(() => undefined);
      }
    }
    return undefined;
  }

  async #digestOf(handle: FileHandle): Promise<string> {
    const buffer = this.#buffers.pop() ?? Buffer.allocUnsafeSlow(sliceSize);
    try {
      return await digestOf(handle, buffer, this.#limits.maxSize);
    } finally {
      this.#buffers.push(buffer);
    }
  }

  #remember(key: string, digest: string): void {
    this.#cache.set(key, digest);
    if (this.#cache.size <= this.#limits.maxCached) return;
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest);
      return;
    }
  }
}

async function digestOf(handle: FileHandle, buffer: Buffer, maxSize: number): Promise<string> {
  const hash = createHash('sha256');
  for (let position = 0; position <= maxSize; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) break;
    hash.update(bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return hash.digest('hex');
}

/** The version of a file as stat tells it. */
export function versionOf(stat: BigIntStats): FileVersion {
  return {
    device: deviceName(stat.dev),
    inode: stat.ino,
    modified: stat.mtimeNs,
    changed: stat.ctimeNs,
    size: stat.size,
  };
}

/**
 * Whether a file is the one whose content is wanted. The device is not compared: overlayfs and btrfs show
 * user space another device than the inode's own.
 */
function hasContent(stat: BigIntStats, wanted: FileVersion): boolean {
  return stat.ino === wanted.inode && stat.size === wanted.size && stat.mtimeNs === wanted.modified;
}

/** Whether nothing at all was done to the file since: mtime can be set at will, ctime cannot. */
function hasChange(stat: BigIntStats, wanted: FileVersion): boolean {
  return stat.ctimeNs === wanted.changed;
}

function versionKey({ device, inode, modified, changed, size }: FileVersion): string {
  return `${device} ${inode} ${modified} ${changed} ${size}`;
}
