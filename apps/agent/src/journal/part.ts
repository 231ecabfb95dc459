/** The journal in the API: its newest entries, and whether its chain holds. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { journalFolder } from '@redoubt/prove/journal';
import type { Api } from '../api/server.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { type JournalAnswer, JournalQuery } from './contract.ts';

/** Entries that are read; more are seen with `redoubt journal`. */
const keep = 1_000;
/** An answer is good for so long, milliseconds: many pages that ask at once do not verify many times. */
const goodFor = 2_000;

/** Starts the part. */
export async function startJournal({ options }: PartContext): Promise<AgentPart> {
  return new JournalPart(journalFolder(options.stateDirectory));
}

class JournalPart implements AgentPart {
  readonly name = 'journal';
  readonly #folder: string;
  #reading: Promise<JournalAnswer> | undefined;
  #worker: Worker | undefined;
  #last: JournalAnswer | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  routes(api: Api): void {
    api.get(
      '/api/journal',
      { schema: { querystring: JournalQuery } },
      async ({ query }): Promise<JournalAnswer> => {
        const { items, verification } = await this.#read();
        return { items: items.slice(0, query.limit ?? 200), verification };
      },
    );
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
    await this.#reading?.catch(() => undefined);
  }

  #read(): Promise<JournalAnswer> {
    if (this.#last !== undefined && Date.now() - this.#last.verification.time < goodFor)
      return Promise.resolve(this.#last);
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
      this.#worker = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<JournalAnswer> {
    const worker = new Worker(join(import.meta.dirname, 'worker.ts'), {
      workerData: { folder: this.#folder, keep },
    });
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<JournalAnswer>();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`reading the journal ended with status ${code}`)));
    this.#last = await promise;
    return this.#last;
  }
}
