/** Writing a state file: compressed, whole or not at all. */
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import type { StateEntry } from '@redoubt/model';
import { StateError } from './error.ts';
import { entryLine, type StateFooter, type StateHeader } from './format.ts';

const pieceLength = 128 << 10;

/** Lines into a compressed file. `finish` makes it whole on disk; `abandon` leaves nothing behind. */
export class LineWriter {
  readonly #file: string;
  readonly #zstd;
  readonly #sink;
  readonly #done: Promise<void>;
  #piece = '';
  #failed: unknown;

  /** @param file is written beside its place (`.new`) and moved there at the end; private to its owner */
  constructor(file: string, level = 3) {
    this.#file = file;
    this.#zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });
    this.#sink = createWriteStream(`${file}.new`, { mode: 0o600, flush: true });
    this.#zstd.on('error', () => {}); // told by #done and by the next write
    this.#sink.on('error', error => this.#zstd.destroy(error));
    this.#zstd.pipe(this.#sink);
    this.#done = finished(this.#sink);
    this.#done.catch(error => {
      this.#failed = error;
    });
  }

  /** Adds a line; a promise only when the writer needs a rest. */
  line(text: string): Promise<void> | undefined {
    this.#piece += text;
    this.#piece += '\n';
    return this.#piece.length < pieceLength ? undefined : this.#push();
  }

  async #push(): Promise<void> {
    if (this.#failed !== undefined) throw this.#writeError(this.#failed);
    const piece = this.#piece;
    this.#piece = '';
    await new Promise<void>((resolve, reject) => {
      this.#zstd.write(piece, error => (error ? reject(this.#writeError(error)) : resolve()));
    });
  }

  #writeError(error: unknown): StateError {
    const cause = this.#failed ?? error;
    const words = cause instanceof Error ? cause.message : String(cause);
    return new StateError(
      'write',
      { en: `${this.#file} cannot be written: ${words}`, zh: `无法写入 ${this.#file}：${words}` },
      { cause },
    );
  }

  /** @throws StateError `write` (disk full, no permission); nothing is left behind then */
  async finish(): Promise<void> {
    try {
      await this.#push();
      this.#zstd.end();
      await this.#done;
      await rename(`${this.#file}.new`, this.#file);
      const folder = await open(dirname(this.#file));
      await folder.sync().finally(() => folder.close());
    } catch (error) {
      await this.abandon();
      throw error instanceof StateError ? error : this.#writeError(error);
    }
  }

  async abandon(): Promise<void> {
    this.#zstd.destroy();
    this.#sink.destroy();
    await this.#done.catch(() => {});
    await rm(`${this.#file}.new`, { force: true });
  }
}

/**
 * Writes a state.
 * @param entries in the order of `compareKeys`, each key once
 * @param troubles asked at the end: how many things could not be looked at
 * @throws StateError `write`; whatever `entries` throws. No file is left behind then.
 */
export async function writeState(
  file: string,
  header: StateHeader,
  entries: AsyncIterable<StateEntry>,
  troubles: () => number = () => 0,
): Promise<StateFooter> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const writer = new LineWriter(file);
  try {
    await writer.line(JSON.stringify(header));
    let count = 0;
    for await (const entry of entries) {
      count++;
      const rest = writer.line(entryLine(entry));
      if (rest !== undefined) await rest;
    }
    const footer: StateFooter = { end: true, entries: count, troubles: troubles() };
    await writer.line(JSON.stringify(footer));
    await writer.finish();
    return footer;
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}
