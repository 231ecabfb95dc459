/** What is scanned: the content of a file, or of a member of a container, with a path that says where it stands. */
import { createHash } from 'node:crypto';
import { fstatSync, readSync } from 'node:fs';
import { type ContentKind, kindOf } from './kind.ts';
import type { LentMemory } from './lent-memory.ts';

/** Digests of a content, in lower-case hexadecimal. */
export interface Digests {
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
}

/** A content that engines look at. */
export interface Subject {
  /** Absolute path of the file on disk; of a member, that of the outermost container. */
  readonly path: string;
  /** Names of the member from the outermost container inwards, as they stand there; empty for a file itself. */
  readonly members: readonly string[];
  /** For people and records: `/srv/a.zip!/b/c.php`. */
  readonly name: string;
  /** Bytes of the content. */
  readonly size: number;
  /** Whether `bytes()` is the whole content. */
  readonly complete: boolean;
  readonly kind: ContentKind;
  /** Open descriptor of the file; members have none. Positions are not shared: read with offsets. */
  readonly fd: number | undefined;
  /** The content, or its beginning when it is not complete. Read once; must not be changed. */
  bytes(): Buffer;
  /** Digests of the content; undefined when it is not complete. Computed once. */
  digests(): Digests | undefined;
  /**
   * Something made of the bytes that several engines use, made once: `subject.share(parseElf)`.
   * The function itself is the key; what it throws is thrown each time.
   */
  share<T>(make: (bytes: Buffer) => T): T;
}

/** What stands between the names of a container and of its member. */
export const memberMark = '!/';

type Made = { readonly value: unknown } | { readonly error: unknown };

/** What subjects of every origin have in common. */
abstract class Content implements Subject {
  abstract readonly path: string;
  abstract readonly members: readonly string[];
  abstract readonly size: number;
  abstract readonly complete: boolean;
  abstract readonly fd: number | undefined;
  abstract bytes(): Buffer;
  #kind: ContentKind | undefined;
  #digests: Digests | undefined;
  readonly #made = new Map<(bytes: Buffer) => unknown, Made>();

  get name(): string {
    return [this.path, ...this.members].join(memberMark);
  }

  get kind(): ContentKind {
    this.#kind ??= kindOf(this.bytes());
    return this.#kind;
  }

  digests(): Digests | undefined {
    if (!this.complete) return undefined;
    this.#digests ??= digestsOf(this.bytes());
    return this.#digests;
  }

  share<T>(make: (bytes: Buffer) => T): T {
    let made = this.#made.get(make);
    if (made === undefined) {
      try {
        made = { value: make(this.bytes()) };
      } catch (error) {
        made = { error };
      }
      this.#made.set(make, made);
    }
    if ('error' in made) throw made.error;
    return made.value as T;
  }
}

function digestsOf(bytes: Buffer): Digests {
  const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  return { md5: digest('md5'), sha1: digest('sha1'), sha256: digest('sha256') };
}

/** A content that is in memory: a member of a container, or what a caller has at hand. */
export class BytesSubject extends Content {
  readonly path: string;
  readonly members: readonly string[];
  readonly size: number;
  readonly complete: boolean;
  readonly fd = undefined;
  readonly #bytes: Buffer;

  /** @param size of the whole content, when `bytes` are only its beginning */
  constructor(path: string, members: readonly string[], bytes: Buffer, size: number = bytes.length) {
    super();
    this.path = path;
    this.members = members;
    this.size = size;
    this.complete = size === bytes.length;
    this.#bytes = bytes;
  }

  bytes(): Buffer {
    return this.#bytes;
  }
}

/** A regular file that is open. Whoever opened it closes it. */
export class FileSubject extends Content {
  readonly path: string;
  readonly members: readonly string[] = [];
  readonly fd: number;
  readonly #most: number;
  readonly #memory: LentMemory | undefined;
  #size: number;
  #bytes: Buffer | undefined;

  /**
   * @param most bytes that are read at most
   * @param memory holds the content, if it can; the caller lends it until `release`
   * @throws Error of the system when the descriptor cannot be asked
   */
  constructor(
    path: string,
    fd: number,
    most: number,
    size: number = fstatSync(fd).size,
    memory?: LentMemory,
  ) {
    super();
    this.path = path;
    this.fd = fd;
    this.#most = most;
    this.#memory = memory;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  get complete(): boolean {
    return this.#size <= this.#most;
  }

  /** Gives the content up: it is read anew when it is asked for again. */
  release(): void {
    this.#bytes = undefined;
  }

  /** @throws Error of the system when the file cannot be read */
  bytes(): Buffer {
    if (this.#bytes !== undefined) return this.#bytes;
    const most = Math.min(this.#size, this.#most);
    const buffer = this.#memory?.take(most) ?? Buffer.allocUnsafeSlow(most);
    let read = 0;
    while (read < buffer.length) {
      const count = readSync(this.fd, buffer, read, buffer.length - read, read);
      if (count === 0) break;
      read += count;
    }
    // A file that shrinks while it is read is what was there.
    if (read < buffer.length) this.#size = read;
    this.#bytes = buffer.subarray(0, read);
    return this.#bytes;
  }
}
