/** Threads that scan files, and the watch over them: one that is stuck in a file is ended, the file is named. */
import { Worker } from 'node:worker_threads';
import type { EngineSettings } from '../engines.ts';
import type { ScanLimits } from '../limits.ts';
import { fuse } from '../verdict.ts';
import type { FileResult, FileTask, WorkerMessage, WorkerSettings } from './messages.ts';

/** What a pool is made of. */
export interface PoolOptions {
  readonly engines: EngineSettings;
  readonly limits: ScanLimits;
  readonly opens: boolean;
  readonly threads: number;
  /** Part of its time that each thread may work. */
  readonly share: number;
  /** Receives each result, in no particular order. */
  readonly onResult: (task: FileTask, result: FileResult) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly beat: Float64Array;
  batch: readonly FileTask[];
}

const watchMilliseconds = 500;
/** Beyond the time of a file, for engines that cannot be interrupted. */
const grace = 10_000;
const heapMiB = 1_024;

export class ScanPool {
  readonly #options: PoolOptions;
  readonly #threads: Thread[] = [];
  readonly #idle: Thread[] = [];
  readonly #waiting: (() => void)[] = [];
  #watch: NodeJS.Timeout | undefined;
  #failure: Error | undefined;
  #busy = 0;

  private constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the threads. @throws Error when engines cannot be made */
  static async start(options: PoolOptions): Promise<ScanPool> {
    const pool = new ScanPool(options);
    try {
      await Promise.all(Array.from({ length: options.threads }, () => pool.#startThread()));
      pool.#watch = setInterval(() => pool.#look(), watchMilliseconds);
      pool.#watch.unref();
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /** Hands over a batch as soon as a thread is free. @throws Error when no thread can be had any more */
  async scan(files: readonly FileTask[]): Promise<void> {
    while (this.#idle.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    const thread = this.#idle.pop();
    if (thread !== undefined) this.#give(thread, files);
  }

  /** Settles when every batch is done. @throws Error when no thread can be had any more */
  async drained(): Promise<void> {
    while (this.#busy > 0) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  #give(thread: Thread, files: readonly FileTask[]): void {
    thread.batch = files;
    this.#busy += 1;
    thread.worker.postMessage({ files });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #startThread(): Promise<void> {
    const { engines, limits, opens, share } = this.#options;
    const shared = new SharedArrayBuffer(16);
    const settings: WorkerSettings = { engines, limits, opens, share, beat: shared };
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: settings,
        resourceLimits: { maxOldGenerationSizeMb: heapMiB },
      });
      const beat = new Float64Array(shared);
      beat[1] = Number.POSITIVE_INFINITY;
      const thread: Thread = { worker, beat, batch: [] };
      this.#threads.push(thread);
      worker.on('message', (message: WorkerMessage) => {
        if ('ready' in message) {
          this.#idle.push(thread);
          resolve();
        } else if ('failure' in message) reject(new Error(message.failure));
        else this.#done(thread, message.results);
      });
      worker.on('error', (error: Error) => {
        reject(error);
        this.#lost(thread, error.message);
      });
    });
  }

  #done(thread: Thread, results: readonly FileResult[]): void {
    const { batch } = thread;
    thread.batch = [];
    this.#busy -= 1;
    this.#idle.push(thread);
    for (const [index, task] of batch.entries()) this.#options.onResult(task, results[index] ?? {});
    this.#wake();
  }

  /** Looks for threads that stand still. */
  #look(): void {
    const now = Date.now();
    for (const thread of [...this.#threads]) {
      const since = now - (thread.beat[1] ?? Number.POSITIVE_INFINITY);
      if (since > this.#options.limits.milliseconds + grace)
        this.#lost(thread, 'the engines did not come to an end');
    }
  }

  /** A thread is gone, or has to go: its file is named, the others of its batch are scanned by another one. */
  #lost(thread: Thread, words: string): void {
    const at = this.#threads.indexOf(thread);
    if (at < 0) return;
    this.#threads.splice(at, 1);
    void thread.worker.terminate();
    const { batch } = thread;
    if (batch.length === 0) {
      if (this.#threads.length === 0) this.#failure = new Error(`the scanning threads are gone: ${words}`);
      this.#wake();
      return;
    }
    const culprit = Math.trunc(thread.beat[0] ?? 0);
    const guilty = batch[culprit];
    if (guilty !== undefined) this.#options.onResult(guilty, { verdict: stuck(guilty.path, words) });
    const rest = batch.filter((_, index) => index !== culprit);
    this.#startThread().then(
      () => {
        // Only now: until here the batch counted as under way.
        this.#busy -= 1;
        const next = rest.length > 0 ? this.#idle.pop() : undefined;
        if (next !== undefined) this.#give(next, rest);
        this.#wake();
      },
      (error: unknown) => {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        this.#wake();
      },
    );
  }
}

function stuck(path: string, words: string): ReturnType<typeof fuse> {
  return fuse(
    [],
    [
      {
        kind: 'too-slow',
        where: path,
        text: { en: `it could not be scanned: ${words}`, zh: `无法扫描：${words}` },
      },
    ],
  );
}
