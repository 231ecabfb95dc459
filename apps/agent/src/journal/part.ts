/** The journal in the API: its newest entries, and whether its chain holds. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { journalFolder } from '@redoubt/prove/journal';
import type { Api } from '../api/server.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { type JournalAnswer, JournalQuery } from './contract.ts';

/** Entries that are read; more are seen with `redoubt journal`. */
const keep = 1_000;
/** An answer to an unchanged journal is good for so long, milliseconds: pages that ask at once do not verify each. */
const goodFor = 2_000;

/** Starts the part. */
export async function startJournal({ options }: PartContext): Promise<AgentPart> {
  return new JournalPart(journalFolder(options.stateDirectory));
}

class JournalPart implements AgentPart {
  readonly name = 'journal';
  readonly #folder: string;
  /** The reading under way, and the state of the files when it was asked for. */
  #reading: { state: string; answer: Promise<JournalAnswer> } | undefined;
  #worker: Worker | undefined;
  #last: { state: string; answer: JournalAnswer } | undefined;

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
    await this.#reading?.answer.catch(() => undefined);
  }

  #read(): Promise<JournalAnswer> {
    const state = this.#stateOfFiles();
    const last = this.#last;
    if (last?.state === state && Date.now() - last.answer.verification.time < goodFor)
      return Promise.resolve(last.answer);
    if (this.#reading?.state === state) return this.#reading.answer;
    // A reading that began before the newest entry was written does not know it.
    const before = this.#reading?.answer.catch(() => undefined) ?? Promise.resolve();
    const reading = {
      state,
      answer: before
        .then(() => this.#readNow(state))
        .finally(() => {
          if (this.#reading === reading) this.#reading = undefined;
        }),
    };
    this.#reading = reading;
    return reading.answer;
  }

  /** Changes with every entry. */
  #stateOfFiles(): string {
    try {
      const names = readdirSync(this.#folder).sort();
      return names.map(name => `${name} ${statSync(join(this.#folder, name)).size}`).join('\n');
    } catch {
      return ''; // none is kept yet, or a file went just now: reading it says what is wrong
    }
  }

  async #readNow(state: string): Promise<JournalAnswer> {
    const worker = new Worker(join(import.meta.dirname, 'worker.ts'), {
      workerData: { folder: this.#folder, keep },
    });
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<JournalAnswer>();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`reading the journal ended with status ${code}`)));
    const answer = await promise.finally(() => {
      this.#worker = undefined;
    });
    this.#last = { state, answer };
    return answer;
  }
}
