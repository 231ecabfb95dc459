/** The indicators of a host: one file, many sources, one import at a time. */
import { Worker } from 'node:worker_threads';
import type { EventView } from '@redoubt/model';
import type { ImportProgress, ImportRequest } from './import/import-feed.ts';
import type { ImportReport } from './import/report.ts';
import type { Task } from './import/worker.ts';
import { breadthOf } from './match/retro-hunt.ts';
import { readIndicators, writeIndicators } from './set/file.ts';
import { IndicatorSet, type SourceInfo } from './set/indicator-set.ts';

export interface ImportWatch {
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Ends the import; nothing is changed then. */
  readonly signal?: AbortSignal;
  /** Events of about the last day: the report then says how many of them the source matches. */
  readonly recent?: AsyncIterable<EventView>;
  /** Share of these events above which the source is flagged as too broad; a hundredth by default. */
  readonly breadthBound?: number;
}

type Message =
  | { readonly progress: ImportProgress }
  | { readonly result: unknown }
  | { readonly failure: { readonly name: string; readonly message: string } };

/** Heap that an import may use. */
const heapMiB = 1_024;

export class IndicatorLibrary {
  readonly #path: string;
  #set: IndicatorSet;
  /** The change that is under way; the next one waits for it. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #onChange: (set: IndicatorSet) => void;

  private constructor(path: string, set: IndicatorSet, onChange: (set: IndicatorSet) => void) {
    this.#path = path;
    this.#set = set;
    this.#onChange = onChange;
  }

  /**
   * Opens the library in a file; without a file it is empty.
   * @param onChange receives the set whenever it has become another one
   * @throws IndicatorFileError if the file is damaged
   */
  static async open(
    path: string,
    onChange: (set: IndicatorSet) => void = () => undefined,
  ): Promise<IndicatorLibrary> {
    return new IndicatorLibrary(path, (await readIndicators(path)) ?? new IndicatorSet(), onChange);
  }

  /** The indicators. A change makes another set of them; this one stays as it is. */
  get set(): IndicatorSet {
    return this.#set;
  }

  get sources(): readonly SourceInfo[] {
    return this.#set.sources;
  }

  /**
   * Imports a feed in a thread of its own. Imports wait for one another.
   * @throws Error saying where a feed is damaged; the library is then as before
   */
  async import(request: ImportRequest, watch: ImportWatch = {}): Promise<ImportReport> {
    const report = await this.#change<ImportReport>({ type: 'import', request }, watch);
    if (watch.recent === undefined) return report;
    const breadth = await breadthOf(this.#set, request.source.name, watch.recent, watch.breadthBound);
    return { ...report, breadth };
  }

  /** Takes a source away with its indicators. @returns how many there were */
  remove(source: string): Promise<number> {
    return this.#change<number>({ type: 'trim', source }, {});
  }

  /** Takes away what has expired. @returns how many */
  expire(now: number = Date.now()): Promise<number> {
    return this.#change<number>({ type: 'trim', expiredBy: now }, {});
  }

  /** Lets a source's indicators rest, or match again. @throws RangeError if there is no such source */
  hold(source: string, held: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#set.sources.some(info => info.name === source))
        throw new RangeError(`no source "${source}"`);
      const sources = this.#set.sources.map(info => (info.name === source ? { ...info, held } : info));
      const before = this.#set.sources;
      this.#set.sources = sources;
      try {
        await writeIndicators(this.#path, this.#set);
      } catch (error) {
        this.#set.sources = before;
        throw error;
      }
      this.#onChange(this.#set);
    });
  }

  #change<Result>(task: Task, watch: ImportWatch): Promise<Result> {
    return this.#inTurn(async () => {
      const result = (await runInThread(this.#path, task, watch)) as Result;
      this.#set = (await readIndicators(this.#path)) ?? new IndicatorSet();
      this.#onChange(this.#set);
      return result;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function runInThread(path: string, task: Task, { onProgress, signal }: ImportWatch): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(new URL('./import/worker.ts', import.meta.url), {
      workerData: { path, task },
      // Besides the arrays of the set: a feed that asks for more ends the import, not the agent.
      resourceLimits: { maxOldGenerationSizeMb: heapMiB },
    });
    const stop = (): void => {
      worker.terminate().then(() => reject(signal?.reason), reject);
    };
    signal?.addEventListener('abort', stop, { once: true });
    worker.on('message', (message: Message) => {
      if ('progress' in message) onProgress?.(message.progress);
      else if ('result' in message) resolve(message.result);
      else reject(Object.assign(new Error(message.failure.message), { name: message.failure.name }));
    });
    worker.once('error', reject);
    worker.once('exit', code => {
      signal?.removeEventListener('abort', stop);
      // After an answer this changes nothing.
      if (signal?.aborted !== true)
        reject(new Error(`the ${task.type} of indicators ended with code ${code} and no report`));
    });
  });
}
