/**
 * Copies of file content by its SHA-256, compressed with zstd, for showing what has changed and for bringing it back.
 * They lie below the golden states, readable by their owner (root) alone: among them are files that others must not
 * read, such as /etc/shadow.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createZstdCompress, createZstdDecompress, zstdCompress } from 'node:zlib';
import { StateError } from '../state/error.ts';

const compress = promisify(zstdCompress);
const namePattern = /^[0-9a-f]{64}$/;
let temporaries = 0;

/** Content-addressed copies in a folder. */
export class CopyStore {
  readonly directory: string;

  /** @param directory is made when the first copy is */
  constructor(directory: string) {
    this.directory = directory;
  }

  fileOf(sha256: string): string {
    if (!namePattern.test(sha256)) throw new TypeError(`${sha256} is no SHA-256`);
    return join(this.directory, sha256.slice(0, 2), `${sha256}.zst`);
  }

  has(sha256: string): boolean {
    return existsSync(this.fileOf(sha256));
  }

  /** Notes that a copy is still needed. @returns whether there is one */
  async touch(sha256: string): Promise<boolean> {
    const now = new Date();
    return utimes(this.fileOf(sha256), now, now).then(
      () => true,
      () => false,
    );
  }

  /** Keeps content that is in memory. @returns its SHA-256. @throws StateError `write` */
  async put(content: Buffer): Promise<string> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    if (await this.touch(sha256)) return sha256;
    await this.#place(sha256, async beside => writeFile(beside, await compress(content), { mode: 0o600 }));
    return sha256;
  }

  /** Keeps the content of an open file of any size; the descriptor stays open. @throws StateError `write` */
  async putFile(fd: number): Promise<string> {
    const hash = createHash('sha256');
    const beside = join(this.directory, `.new-${process.pid}-${temporaries++}`);
    const hashing = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      await pipeline(
        createReadStream('', { fd, autoClose: false, start: 0 }),
        hashing,
        createZstdCompress(),
        createWriteStream(beside, { mode: 0o600, flush: true }),
      );
      const sha256 = hash.digest('hex');
      await this.#place(sha256, async place => rename(beside, place));
      return sha256;
    } catch (error) {
      await rm(beside, { force: true });
      throw this.#writeError(error);
    }
  }

  async #place(sha256: string, make: (beside: string) => Promise<void>): Promise<void> {
    const file = this.fileOf(sha256);
    const beside = `${file}.new-${process.pid}-${temporaries++}`;
    try {
      await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
      await make(beside);
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true });
      throw this.#writeError(error);
    }
  }

  #writeError(cause: unknown): StateError {
    if (cause instanceof StateError) return cause;
    const words = cause instanceof Error ? cause.message : String(cause);
    return new StateError(
      'write',
      {
        en: `no copy can be kept in ${this.directory}: ${words}`,
        zh: `无法在 ${this.directory} 中保存副本：${words}`,
      },
      { cause },
    );
  }

  /**
   * The content of a copy, once all of it has proved to be what its name says.
   * @param sink takes the pieces; what it has taken must not be used when this throws
   * @throws StateError `missing`, or `digest` when the copy has been changed
   */
  async read(sha256: string, sink: (piece: Buffer) => void | Promise<void>): Promise<void> {
    if (!this.has(sha256))
      throw new StateError('missing', {
        en: `there is no copy of that content (${sha256}) in ${this.directory}`,
        zh: `${this.directory} 中没有该内容（${sha256}）的副本`,
      });
    const hash = createHash('sha256');
    try {
      const source = createReadStream(this.fileOf(sha256));
      const plain = createZstdDecompress();
      source.on('error', error => plain.destroy(error));
      for await (const piece of source.pipe(plain)) {
        hash.update(piece);
        await sink(piece);
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && /^Z(STD)?_/.test(String(error.code)))) throw error;
    }
    if (hash.digest('hex') !== sha256)
      throw new StateError('digest', {
        en: `the copy ${this.fileOf(sha256)} has been changed; it is not used`,
        zh: `副本 ${this.fileOf(sha256)} 已被改动，不予使用`,
      });
  }

  /** The content of a copy no longer than `most` bytes; undefined when there is none or it is longer. */
  async content(sha256: string, most: number): Promise<Buffer | undefined> {
    if (!this.has(sha256)) return undefined;
    const pieces: Buffer[] = [];
    let length = 0;
    const tooLong = new Error('too long');
    try {
      await this.read(sha256, piece => {
        length += piece.length;
        if (length > most) throw tooLong;
        pieces.push(piece);
      });
    } catch (error) {
      if (error === tooLong) return undefined;
      throw error;
    }
    return Buffer.concat(pieces);
  }

  /** Removes copies that no state has needed since `time`, milliseconds since the Unix epoch. */
  async tidy(time: number): Promise<number> {
    let removed = 0;
    for (const folder of await readdir(this.directory).catch(() => [])) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const name of await readdir(join(this.directory, folder))) {
        const file = join(this.directory, folder, name);
        if ((await stat(file)).mtimeMs >= time) continue;
        await rm(file, { force: true });
        removed++;
      }
    }
    return removed;
  }
}
