/** Reading a container from front to back, without believing it: what is not exactly as it is written is named. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Bilingual } from '@redoubt/model';
import { EvidenceError, wordsOf } from '../error.ts';
import { block, fillOf, parseHeader, trailer } from './ustar.ts';
import type { Written } from './writer.ts';

/** A member as it lies in the container. */
export interface Placed extends Written {
  /** Offset of its content. */
  readonly offset: number;
}

/** What the outer archive holds. */
export interface Outline {
  readonly members: readonly Placed[];
  /** Where it is not what a container is: cut off, or other bytes. */
  readonly faults: readonly OutlineFault[];
}

/** Something about the outer archive. */
export interface OutlineFault {
  readonly kind: 'truncated' | 'changed';
  readonly text: Bilingual;
}

const piece = 256 << 10;
const memberLimit = 10_000;

/** An open container. */
export class ContainerReader {
  readonly path: string;
  readonly bytes: number;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path;
    this.#file = file;
    this.bytes = bytes;
  }

  /** @throws EvidenceError `container` naming the file */
  static async open(path: string): Promise<ContainerReader> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const found = await file.stat();
      if (!found.isFile()) throw new Error('is no regular file');
      return new ContainerReader(path, file, found.size);
    } catch (error) {
      await file?.close();
      const words = wordsOf(error);
      throw new EvidenceError(
        'container',
        { en: `${path} cannot be read: ${words}`, zh: `无法读取 ${path}：${words}` },
        { cause: error },
      );
    }
  }

  /** Walks the archive and hashes every member. */
  async outline(onProgress?: (done: number, total: number) => void): Promise<Outline> {
    const members: Placed[] = [];
    const faults: OutlineFault[] = [];
    const cut = (at: number, en: string, zh: string): Outline => {
      faults.push({
        kind: 'truncated',
        text: {
          en: `the container is cut off at byte ${at}, ${en}`,
          zh: `容器在第 ${at} 字节处被截断，${zh}`,
        },
      });
      return { members, faults };
    };
    const changed = (at: number, en: string, zh: string): void => {
      faults.push({
        kind: 'changed',
        text: { en: `byte ${at} of the container: ${en}`, zh: `容器第 ${at} 字节：${zh}` },
      });
    };
    for (let at = 0; ; ) {
      const header = await this.#read(at, block);
      if (header.length < block) return cut(this.bytes, 'before its end mark', '缺少结束标记');
      if (header.every(byte => byte === 0)) {
        const end = await this.#read(at, trailer.length + 1);
        if (end.length < trailer.length) return cut(this.bytes, 'within its end mark', '结束标记不完整');
        if (!end.equals(trailer)) changed(at, 'something stands behind the end mark', '结束标记之后另有内容');
        return { members, faults };
      }
      const found = parseHeader(header);
      if (found === undefined || members.length >= memberLimit) {
        changed(at, 'no header of a member stands here', '此处不是成员头部');
        return { members, faults };
      }
      const offset = at + block;
      const { name, bytes } = found;
      if (offset + bytes > this.bytes) return cut(this.bytes, `within ${name}`, `位于 ${name} 之内`);
      const hash = createHash('sha256');
      for await (const part of this.content({ offset, bytes })) {
        hash.update(part as Buffer);
        onProgress?.(offset, this.bytes);
      }
      members.push({ name, bytes, offset, sha256: hash.digest('hex') });
      const fill = await this.#read(offset + bytes, fillOf(bytes));
      if (fill.some(byte => byte !== 0))
        changed(offset + bytes, `bytes behind ${name} are not zero`, `${name} 之后的填充不为零`);
      at = offset + bytes + fillOf(bytes);
    }
  }

  /** The content of a member as a stream. */
  content({ offset, bytes }: { readonly offset: number; readonly bytes: number }): Readable {
    return Readable.from(this.#pieces(offset, bytes), { objectMode: false, highWaterMark: piece });
  }

  /** The content of a small member. @throws EvidenceError `container` when it is larger than the limit */
  async small(member: Placed, limit: number): Promise<Buffer> {
    if (member.bytes > limit) {
      throw new EvidenceError('container', {
        en: `${member.name} has ${member.bytes} bytes, more than ${limit}`,
        zh: `${member.name} 有 ${member.bytes} 字节，超过 ${limit}`,
      });
    }
    return this.#read(member.offset, member.bytes);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async *#pieces(offset: number, bytes: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes; ) {
      const part = await this.#read(offset + at, Math.min(piece, bytes - at));
      if (part.length === 0) return;
      yield part;
      at += part.length;
    }
  }

  async #read(position: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.alloc(bytes);
    let done = 0;
    while (done < bytes) {
      const { bytesRead } = await this.#file.read(buffer, done, bytes - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  }
}
