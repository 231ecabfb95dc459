/** Writing a state file: compressed, whole or not at all. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';
import type { StateEntry } from '@redoubt/model';
import { syncFolder } from '@redoubt/store/durable';
import { StateError, writeError } from './error.ts';
import { entryLine, type Gaps, type StateFooter, type StateHeader } from './format.ts';
import { IndexWriter } from './index-file.ts';

const pieceLength = 128 << 10;

/** Lines into a compressed file. `finish` makes it whole; `abandon` leaves nothing behind. */
export class LineWriter {
  readonly #file: string;
  readonly #durable: boolean;
  readonly #zstd;
  readonly #sink;
  readonly #done: Promise<void>;
  #piece = '';
  #failed: unknown;

  /**
   * @param file is written beside its place (`.new`) and moved there at the end; private to its owner
   * @param durable whether it must be on the disk when it is finished
   */
  constructor(file: string, { level = 3, durable = true } = {}) {
    this.#file = file;
    this.#durable = durable;
    this.#zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });
    this.#sink = createWriteStream(`${file}.new`, { mode: 0o600, flush: durable });
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
    return writeError(this.#file, this.#failed ?? error);
  }

  /** @throws StateError `write` (disk full, no permission); nothing is left behind then */
  async finish(): Promise<void> {
    try {
      await this.#push();
      this.#zstd.end();
      await this.#done;
      await rename(`${this.#file}.new`, this.#file);
      if (this.#durable) syncFolder(dirname(this.#file));
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

/** Gaps that are told one by one; with more, a state has no index. */
export const mostGaps = 1000;

/** Asked when the entries have come to their end. */
interface Told {
  /** How many things could not be looked at. */
  readonly troubles?: () => number;
  readonly gaps?: () => Gaps;
}

/**
 * Writes a state and its index.
 * @param entries in the order of `compareKeys`, each key once
 * @throws StateError `write`; whatever `entries` throws. No file is left behind then.
 */
export async function writeState(
  file: string,
  header: StateHeader,
  entries: AsyncIterable<StateEntry>,
  { troubles, gaps }: Told = {},
): Promise<StateFooter> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const body = `${file}.body`;
  const writer = new LineWriter(body, { durable: false });
  const index = new IndexWriter(file, header.history.findLast(one => one.action === 'created')?.time ?? 0);
  try {
    let count = 0;
    for await (const entry of entries) {
      count++;
      const rests = [index.add(entry), writer.line(entryLine(entry))];
      for (const rest of rests) if (rest !== undefined) await rest;
    }
    const footer: StateFooter = { end: true, entries: count, troubles: troubles?.() ?? 0 };
    await writer.line(JSON.stringify(footer));
    await writer.finish();
    await index.finish();
    const known = gaps?.() ?? { unseen: [], folders: [] };
    const { stretches } = index;
    const hasIndex = stretches.length > 0 && known.unseen.length + known.folders.length <= mostGaps;
    await joined(file, hasIndex ? { ...header, gaps: known, stretches } : header, body);
    return footer;
  } catch (error) {
    await writer.abandon();
    await index.abandon();
    throw error;
  } finally {
    await rm(body, { force: true });
  }
}

/** The header, known only at the end, in front of the entries. @throws StateError `write` */
async function joined(file: string, header: StateHeader, body: string): Promise<void> {
  const beside = `${file}.new`;
  try {
    await writeFile(beside, zstdCompressSync(Buffer.from(`${JSON.stringify(header)}\n`)), { mode: 0o600 });
    await pipeline(createReadStream(body), createWriteStream(beside, { flags: 'a', flush: true }));
    await rename(beside, file);
    syncFolder(dirname(file));
  } catch (error) {
    await rm(beside, { force: true });
    throw writeError(file, error);
  }
}
