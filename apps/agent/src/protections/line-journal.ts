/** A journal as lines of JSON, each on disk before the action that it tells of goes on. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalEntry, JournalSink } from '@redoubt/model';

/** Appends to `journal.jsonl` of a state directory. */
export class LineJournal implements JournalSink {
  readonly path: string;
  #file: Promise<FileHandle> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(stateDirectory: string) {
    this.path = join(stateDirectory, 'journal.jsonl');
  }

  append(entry: JournalEntry): Promise<void> {
    const written = this.#last.then(() => this.#write(entry));
    this.#last = written.catch(() => undefined);
    return written;
  }

  /** Waits for what is being written and closes the file. */
  async close(): Promise<void> {
    await this.#last;
    await (await this.#file?.catch(() => undefined))?.close();
    this.#file = undefined;
  }

  async #write(entry: JournalEntry): Promise<void> {
    this.#file ??= open(this.path, 'a', 0o600).catch(error => {
      this.#file = undefined;
      throw error;
    });
    const file = await this.#file;
    await file.appendFile(`${JSON.stringify(entry)}\n`);
    await file.datasync();
  }
}
