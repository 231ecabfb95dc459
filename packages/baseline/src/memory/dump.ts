/** The memory of a process as evidence in a file of its own: a core file, written whole or not at all. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type CoreOptions, openCore } from './core.ts';

/** What was kept, and of what. */
export interface DumpReport {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly pid: number;
  readonly start: string;
  readonly program: string;
  readonly command_line: string;
  /** Milliseconds since the Unix epoch. */
  readonly begun: number;
  readonly ended: number;
  readonly regions: number;
  readonly unreadable_bytes: number;
  readonly maps: readonly string[];
}

/** Where pages hold nothing the file keeps a hole: it is as long as the core and takes no more room than the content. */
class Sink {
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  bytes = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async put(bytes: Buffer, hole = false): Promise<void> {
    this.#hash.update(bytes);
    if (!hole) await this.#handle.write(bytes, 0, bytes.length, this.bytes);
    this.bytes += bytes.length;
  }

  async end(): Promise<string> {
    await this.#handle.truncate(this.bytes);
    await this.#handle.sync();
    return this.#hash.digest('hex');
  }
}

/**
 * Writes a core file. It appears under its name once it is whole, readable by its owner alone, with nothing followed
 * or written over that lies there already.
 * @throws DumpError when the process cannot be read or the region does not exist; what opening the file throws
 */
export async function dumpProcess(pid: number, file: string, options: CoreOptions = {}): Promise<DumpReport> {
  const begun = Date.now();
  const core = openCore(pid, options);
  const partial = `${file}.partial`;
  try {
    const handle = await open(partial, 'wx', 0o600);
    try {
      const sink = new Sink(handle);
      const unreadable = await core.write((bytes, hole) => sink.put(bytes, hole));
      const sha256 = await sink.end();
      await handle.close();
      await rename(partial, file);
      return {
        file,
        sha256,
        bytes: sink.bytes,
        pid,
        start: core.start,
        program: core.program,
        command_line: core.command_line,
        begun,
        ended: Date.now(),
        regions: core.regions,
        unreadable_bytes: unreadable,
        maps: core.maps,
      };
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(partial, { force: true });
      throw error;
    }
  } finally {
    core.close();
  }
}
