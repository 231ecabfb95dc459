/** What a step hands over: members of its segment, hashed as they go. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { escapeKey } from '@redoubt/baseline';
import type { Bilingual } from '@redoubt/model';
import type { Pack } from 'tar-stream';
import type { Pace } from './container/pace.ts';
import { wordsOf } from './error.ts';

/** A member of a segment, as the list at the segment's end names it. */
export interface Member {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Where it was read from. */
  readonly source?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Of the source, milliseconds since the Unix epoch. */
  readonly mtime?: number;
  readonly atime?: number;
  readonly ctime?: number;
  /** From this offset on it is zeros, because the source could not be read further. */
  readonly torn_at?: number;
}

/** What a member tells of itself beside its content. */
export type MemberFacts = Omit<Member, 'name' | 'bytes' | 'sha256' | 'torn_at'>;

/** Takes the next bytes of a member. The buffer must not be changed afterwards. */
export type PutBytes = (bytes: Uint8Array) => Promise<void>;

/** What a sink works with. */
export interface SinkOptions {
  readonly signal: AbortSignal;
  readonly pace: Pace;
  /** Bytes that the container may still grow by. */
  readonly room: () => number;
  readonly onBytes: (bytes: number) => void;
}

const piece = 256 << 10;
/** Text is handed over in members of this size where its length is not known beforehand. */
const partBytes = 4 << 20;

/** A name that no terminal obeys and no extraction leaves its folder by. */
export function memberName(bytes: Uint8Array | string): string {
  const text = typeof bytes === 'string' ? bytes : escapeKey(bytes);
  return text
    .split('/')
    .filter(part => part !== '' && part !== '.' && part !== '..')
    .join('/')
    .replace(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this replaces
      /[\u0000-\u001f\u007f-\u009f]/g,
      one => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}

/** Collects the members of one step. */
export class MemberSink {
  readonly members: Member[] = [];
  readonly notes: Bilingual[] = [];
  readonly signal: AbortSignal;
  readonly room: () => number;
  /** Whether a file was left out because the room did not reach. */
  lacksRoom = false;
  readonly #pack: Pack;
  readonly #options: SinkOptions;
  readonly #names = new Set<string>();
  readonly #aborted: Promise<never>;

  constructor(pack: Pack, options: SinkOptions) {
    this.#pack = pack;
    this.#options = options;
    this.signal = options.signal;
    this.#aborted = aborted(options.signal);
    this.room = options.room;
  }

  /** Says in the manifest what could not be collected, or is worth knowing. */
  note(en: string, zh: string): void {
    if (this.notes.length < 1000) this.notes.push({ en, zh });
  }

  /** A member whose content is at hand. */
  async bytes(name: string, content: string | Uint8Array, facts: MemberFacts = {}): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    await this.stream(name, bytes.length, put => put(bytes), facts);
  }

  /** A member in JSON. */
  async json(name: string, value: unknown): Promise<void> {
    await this.bytes(name, `${JSON.stringify(value, undefined, 1)}\n`);
  }

  /** JSON lines of unknown number: `NAME.jsonl`, from the second part on `NAME-2.jsonl` … @returns how many */
  async lines(name: string, values: AsyncIterable<unknown> | Iterable<unknown>): Promise<number> {
    let text: string[] = [];
    let size = 0;
    let part = 0;
    let count = 0;
    const flush = async () => {
      part += 1;
      await this.bytes(`${name}${part === 1 ? '' : `-${part}`}.jsonl`, text.join(''));
      text = [];
      size = 0;
    };
    for await (const value of values) {
      const line = `${JSON.stringify(value)}\n`;
      text.push(line);
      size += line.length;
      count += 1;
      if (size >= partBytes) await flush();
    }
    if (size > 0 || part === 0) await flush();
    return count;
  }

  /**
   * A member of known length. When its source fails midway, the rest is zeros and the list and a note say so.
   * @throws what ended the collection: an abort, no room
   */
  async stream(
    name: string,
    bytes: number,
    write: (put: PutBytes) => Promise<void>,
    facts: MemberFacts = {},
  ): Promise<void> {
    this.signal.throwIfAborted();
    const given = this.#unique(memberName(name));
    const finished = Promise.withResolvers<void>();
    const entry = this.#pack.entry({ name: given, size: bytes, mode: 0o400, mtime: new Date(0) }, error =>
      error ? finished.reject(error) : finished.resolve(),
    );
    finished.promise.catch(() => undefined);
    entry.on('error', () => undefined);
    const hash = createHash('sha256');
    let done = 0;
    let torn: number | undefined;
    const put: PutBytes = async given => {
      this.signal.throwIfAborted();
      const taken = given.length > bytes - done ? given.subarray(0, bytes - done) : given;
      if (taken.length === 0) return;
      await this.#options.pace.take(taken.length, this.signal);
      hash.update(taken);
      done += taken.length;
      this.#options.onBytes(taken.length);
      if (!entry.write(taken)) await once(entry, 'drain', { signal: this.signal });
    };
    try {
      await write(put);
      if (done < bytes) {
        torn = done;
        this.note(`${given} became shorter while it was read`, `${given} 在读取期间变短`);
      }
    } catch (error) {
      this.signal.throwIfAborted();
      torn = done;
      this.note(
        `${given} could be read up to byte ${done} only: ${wordsOf(error)}`,
        `${given} 只能读到第 ${done} 字节：${wordsOf(error)}`,
      );
    }
    while (done < bytes) await put(Buffer.alloc(Math.min(piece, bytes - done)));
    entry.end(undefined);
    await Promise.race([finished.promise, this.#aborted]);
    const sha256 = hash.digest('hex');
    this.members.push({ name: given, bytes, sha256, ...facts, ...(torn !== undefined && { torn_at: torn }) });
  }

  /**
   * A regular file as it is: opened without following a link at its end and without touching its access time.
   * What is no regular file, or does not fit, is named in a note.
   * @param limit largest file taken, bytes
   * @param isProcLink the path is a link of /proc, which leads to the very file whatever its name is now
   * @returns whether it was taken
   */
  async file(
    name: string,
    path: string | Buffer,
    limit = Number.POSITIVE_INFINITY,
    isProcLink = false,
  ): Promise<boolean> {
    const shown = memberName(typeof path === 'string' ? Buffer.from(path) : path);
    let handle: FileHandle;
    try {
      handle = await openQuietly(path, isProcLink);
    } catch (error) {
      this.note(`/${shown} cannot be opened: ${wordsOf(error)}`, `无法打开 /${shown}：${wordsOf(error)}`);
      return false;
    }
    try {
      const found = await handle.stat();
      if (!found.isFile()) {
        this.note(`/${shown} is no regular file`, `/${shown} 不是普通文件`);
        return false;
      }
      if (found.size > limit || found.size > this.room()) {
        const why = found.size > limit ? ['its limit', '单文件上限'] : ['the room that is left', '剩余空间'];
        if (found.size <= limit) this.lacksRoom = true;
        this.note(
          `/${shown} was left out: its ${found.size} bytes are more than ${why[0]}`,
          `/${shown} 未收集：其 ${found.size} 字节超过${why[1]}`,
        );
        return false;
      }
      await this.stream(name, found.size, put => copy(handle, found.size, put), {
        source: `/${shown}`,
        mode: found.mode,
        uid: found.uid,
        gid: found.gid,
        mtime: Math.round(found.mtimeMs),
        atime: Math.round(found.atimeMs),
        ctime: Math.round(found.ctimeMs),
      });
      return true;
    } finally {
      await handle.close();
    }
  }

  #unique(name: string): string {
    let given = name;
    for (let number = 2; this.#names.has(given); number++) given = `${name}~${number}`;
    this.#names.add(given);
    return given;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  if (signal.aborted) reject(signal.reason);
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
}

/** Opens for reading without waiting on a FIFO and, where the owner's or root's right allows it, without an access time. */
export async function openQuietly(path: string | Buffer, follow = false): Promise<FileHandle> {
  const flags = constants.O_RDONLY | (follow ? 0 : constants.O_NOFOLLOW) | constants.O_NONBLOCK;
  try {
    return await open(path, flags | constants.O_NOATIME);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    return open(path, flags);
  }
}

/** Hands over the first bytes of a file; fewer when it ends before. */
export async function copy(handle: FileHandle, bytes: number, put: PutBytes): Promise<void> {
  for (let at = 0; at < bytes; ) {
    const buffer = Buffer.allocUnsafe(Math.min(piece, bytes - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    await put(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
