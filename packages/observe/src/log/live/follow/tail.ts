/** Reads one open file as it grows, and notices when it is truncated under its hands. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type FileState, headBytes, headMatches, headPrint } from './position.ts';

const newline = 10;

/** What a read found. */
export type TailRead =
  | { readonly kind: 'lines'; readonly bytes: Buffer; readonly offset: number }
  | { readonly kind: 'skipped'; readonly offset: number; readonly bytes: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'truncated' };

/** An open file and how far it has been read. */
export class Tail {
  readonly state: FileState;
  /** When data last came, milliseconds of the monotonic clock. */
  lastData = performance.now();
  /** Whether the last read found nothing new. */
  atEnd = false;
  readonly #file: FileHandle;
  readonly #chunkBytes: number;
  readonly #lineBytes: number;
  /** First bytes that were delivered, at most as many as the fingerprint takes. */
  #head: Buffer = Buffer.alloc(0);
  #skipping = false;

  private constructor(file: FileHandle, state: FileState, chunkBytes: number, lineBytes: number) {
    this.#file = file;
    this.state = state;
    this.#chunkBytes = chunkBytes;
    this.#lineBytes = lineBytes;
  }

  /**
   * Opens a file.
   * @param state how far it was read before; undefined to begin anew, at the start or the end
   * @returns undefined when there is no such file, or it is not the file of the state
   */
  static async open(
    path: string,
    state: FileState | undefined,
    settings: { chunkBytes: number; lineBytes: number; atEnd?: boolean },
  ): Promise<Tail | undefined> {
    let file: FileHandle;
    try {
      // Without waiting: a FIFO in place of the log would hold the thread until somebody writes into it.
      file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EISDIR') return undefined;
      throw error;
    }
    try {
      const stat = await file.stat({ bigint: true });
      const dev = stat.dev.toString();
      const ino = stat.ino.toString();
      const { chunkBytes, lineBytes } = settings;
      if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
      if (state !== undefined) {
        const tail = new Tail(file, state, chunkBytes, lineBytes);
        if (state.dev === dev && state.ino === ino && (await tail.#isSame())) {
          tail.#head = await tail.#at(0, state.head.length);
          return tail;
        }
        await file.close();
        return undefined;
      }
      const fresh: FileState = { dev, ino, offset: 0, head: headPrint(Buffer.alloc(0)), retired: 0 };
      const tail = new Tail(file, fresh, chunkBytes, lineBytes);
      if (settings.atEnd === true) await tail.#toEnd(Number(stat.size));
      return tail;
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  /** The same open file, read from its start as a new one: what truncation makes of it. */
  renewed(): Tail {
    const { dev, ino } = this.state;
    const state = { dev, ino, offset: 0, head: headPrint(Buffer.alloc(0)), retired: 0 };
    return new Tail(this.#file, state, this.#chunkBytes, this.#lineBytes);
  }

  /** Reads whole lines. The state moves on only over what is returned. */
  async read(): Promise<TailRead> {
    const found = await this.#read();
    this.atEnd = found.kind === 'idle';
    return found;
  }

  async #read(): Promise<TailRead> {
    const { offset } = this.state;
    const { size } = await this.#file.stat();
    if (size < offset) return { kind: 'truncated' };
    if (size === offset) return (await this.#isSame()) ? { kind: 'idle' } : { kind: 'truncated' };
    if (!(await this.#isSame())) return { kind: 'truncated' };
    const chunk = await this.#at(offset, Math.min(this.#chunkBytes, size - offset));
    // Truncation between the two looks at the head leaves open whether the chunk is old or new.
    if (!(await this.#isSame()) && (await this.#isOfNewContent(offset, chunk))) return { kind: 'truncated' };
    if (this.#skipping) return this.#passOver(chunk, offset);
    const last = chunk.lastIndexOf(newline);
    if (last < 0 && chunk.length < this.#lineBytes) {
      return chunk.length === this.#chunkBytes ? this.#longLine(offset, size) : { kind: 'idle' };
    }
    if (last < 0) return this.#longLine(offset, size);
    this.lastData = performance.now();
    const bytes = chunk.subarray(0, last + 1);
    this.#advance(bytes);
    return { kind: 'lines', bytes, offset };
  }

  /** Passes over a line that was over the limit, up to its end. */
  #passOver(chunk: Buffer, offset: number): TailRead {
    const end = chunk.indexOf(newline);
    const passed = end < 0 ? chunk : chunk.subarray(0, end + 1);
    this.#skipping = end < 0;
    this.#advance(passed);
    return passed.length === 0 ? { kind: 'idle' } : { kind: 'skipped', offset, bytes: passed.length };
  }

  /** The first bytes of the file as it is now. */
  async fileHead(): Promise<Buffer> {
    return await this.#at(0, headBytes);
  }

  /** The unterminated rest, when the file will not grow any more. */
  async rest(): Promise<Buffer> {
    const { offset } = this.state;
    const { size } = await this.#file.stat();
    if (size <= offset || this.#skipping) return Buffer.alloc(0);
    const bytes = await this.#at(offset, Math.min(size - offset, this.#lineBytes));
    this.state.offset += bytes.length;
    return bytes;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** A line that does not fit into a chunk: wait for its end within the limit, else pass over it. */
  async #longLine(offset: number, size: number): Promise<TailRead> {
    const whole = await this.#at(offset, Math.min(this.#lineBytes + 1, size - offset));
    const end = whole.indexOf(newline);
    if (end >= 0) {
      this.lastData = performance.now();
      this.#advance(whole.subarray(0, end + 1));
      return { kind: 'lines', bytes: whole.subarray(0, end + 1), offset };
    }
    if (whole.length <= this.#lineBytes) return { kind: 'idle' };
    this.#skipping = true;
    this.lastData = performance.now();
    this.#advance(whole);
    return { kind: 'skipped', offset, bytes: whole.length };
  }

  /** Moves on over bytes that are delivered or passed over. */
  #advance(bytes: Buffer): void {
    this.state.offset += bytes.length;
    if (this.#head.length >= headBytes) return;
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, headBytes - this.#head.length)]);
    this.state.head = headPrint(this.#head);
  }

  async #toEnd(size: number): Promise<void> {
    // The last line may be half written: begin after the last line end.
    let offset = size;
    const back = await this.#at(Math.max(0, size - this.#chunkBytes), Math.min(size, this.#chunkBytes));
    const last = back.lastIndexOf(newline);
    if (last >= 0) offset = size - back.length + last + 1;
    this.state.offset = offset;
    this.#head = Buffer.from(await this.#at(0, Math.min(headBytes, offset)));
    this.state.head = headPrint(this.#head);
  }

  /** Whether the file still begins as it did, and is at least as long as what was read. */
  async #isSame(): Promise<boolean> {
    const { head, offset } = this.state;
    if (head.length === 0) return offset === 0;
    return headMatches(head, await this.#at(0, head.length));
  }

  /** Whether a chunk that was read around a truncation belongs to what was written after it. */
  async #isOfNewContent(offset: number, chunk: Buffer): Promise<boolean> {
    const now = await this.#at(offset, chunk.length);
    return now.length > 0 && now.equals(chunk.subarray(0, now.length));
  }

  async #at(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}
