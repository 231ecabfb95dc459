/**
 * Writing a container from front to back. A segment's header is written when its length is known, so that nothing is
 * kept twice; what a kill or a full disk left unfinished is cut off at the end of the last finished segment.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { EvidenceError, wordsOf } from '../error.ts';
import type { SpaceGuard } from './space.ts';
import { block, fillOf, headerOf, trailer } from './ustar.ts';

/** A member that was written. */
export interface Written {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The container that is being written. */
export class ContainerWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #space: SpaceGuard;
  #offset: number;

  private constructor(path: string, file: FileHandle, space: SpaceGuard, offset: number) {
    this.path = path;
    this.#file = file;
    this.#space = space;
    this.#offset = offset;
  }

  /**
   * Begins a container, or goes on behind its finished segments.
   * @param offset where to go on; 0 makes a new file
   * @throws EvidenceError `output`
   */
  static async open(path: string, space: SpaceGuard, offset = 0): Promise<ContainerWriter> {
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
    try {
      const flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | (offset === 0 ? O_CREAT | O_EXCL : 0);
      const file = await open(path, flags, 0o600);
      const found = await file.stat();
      if (!found.isFile()) {
        await file.close();
        throw new Error('is no regular file');
      }
      if (found.size < offset) {
        await file.close();
        throw new Error(`has ${found.size} bytes, but ${offset} were finished`);
      }
      await file.truncate(offset);
      return new ContainerWriter(path, file, space, offset);
    } catch (error) {
      const words = wordsOf(error);
      throw new EvidenceError(
        'output',
        { en: `${path} cannot be written: ${words}`, zh: `无法写入 ${path}：${words}` },
        { cause: error },
      );
    }
  }

  /** End of the last finished member. */
  get offset(): number {
    return this.#offset;
  }

  /** Appends a member, on disk when this resolves. When it throws, the container is as it was before. */
  async append(name: string, content: AsyncIterable<Uint8Array> | Uint8Array): Promise<Written> {
    const begin = this.#offset;
    const hash = createHash('sha256');
    let at = begin + block;
    try {
      const pieces = content instanceof Uint8Array ? [content] : content;
      for await (const piece of pieces) {
        this.#space.require(piece.length, at);
        hash.update(piece);
        await this.#writeAll(piece, at);
        at += piece.length;
      }
      const bytes = at - begin - block;
      this.#space.require(block, at);
      await this.#writeAll(Buffer.alloc(fillOf(bytes)), at);
      await this.#writeAll(headerOf({ name, bytes }), begin);
      await this.#file.datasync();
      this.#offset = at + fillOf(bytes);
      return { name, bytes, sha256: hash.digest('hex') };
    } catch (error) {
      await this.#file.truncate(begin);
      throw asSpaceError(error, this.path);
    }
  }

  /** Ends the archive. */
  async end(): Promise<void> {
    await this.#writeAll(trailer, this.#offset);
    await this.#file.sync();
    await this.#file.close();
  }

  /** Lets go of an unfinished container. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #writeAll(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }
}

/** A full disk or a used-up quota as such; other errors as they are. */
function asSpaceError(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') return error;
  const words = wordsOf(error);
  return new EvidenceError(
    'space',
    { en: `${path}: ${words}`, zh: `${path}：空间不足（${words}）` },
    { cause: error },
  );
}
