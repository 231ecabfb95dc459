/**
 * Processes that scan files, and the watch over them: one that dies of a file, or is stuck in it, is replaced, and the
 * file is named.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { forkConfined, socketGroups } from '../confined.ts';
import type { EngineSettings } from '../engines.ts';
import type { ScanLimits } from '../limits.ts';
import {
  type FileResult,
  type FileTask,
  notScanned,
  type WorkerMessage,
  type WorkerRequest,
} from './messages.ts';
// Nothing of it is used here: what is loaded here is in the cache of compiled code, which confined processes only read.
import './worker.ts';

/** What a pool is made of. */
export interface PoolOptions {
  readonly engines: EngineSettings;
  readonly limits: ScanLimits;
  readonly opens: boolean;
  /** Processes. */
  readonly workers: number;
  /** Part of its time that each may work. */
  readonly share: number;
  /** Receives each result, in no particular order. */
  readonly onResult: (task: FileTask, result: FileResult) => void;
}

/** Whatever scans the files of a scan. */
export interface FileScanner {
  /**
   * Takes a batch as soon as there is room for it.
   * @throws Error when engines cannot be made, or nothing can scan any more
   */
  scan(files: readonly FileTask[]): Promise<void>;
  /** Scans files that only we may open, such as the programs of other users' processes. */
  scanOpened(files: readonly FileTask[]): Promise<void>;
  /** Settles when everything that was taken is done. @throws Error when it cannot be */
  drained(): Promise<void>;
  /** Ends whatever was started. */
  close(): void;
}

interface Worker {
  readonly child: ChildProcess;
  /** What is not yet answered of its batch. */
  batch: readonly FileTask[];
  /** When it was last heard of, milliseconds. */
  heard: number;
}

const program = fileURLToPath(new URL('./worker.ts', import.meta.url));
const watchMilliseconds = 500;
/** Beyond the time of a file, for engines that cannot be interrupted. */
const grace = 10_000;
const heapMiB = 1_024;
/** Descriptor of the first file that a process is started with: after the standard ones and the channel. */
const firstDescriptor = 4;

export class ScanPool implements FileScanner {
  readonly #options: PoolOptions;
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  /** Batches of processes that were lost. */
  readonly #again: (readonly FileTask[])[] = [];
  #waiting: (() => void)[] = [];
  readonly #watch: NodeJS.Timeout;
  #failure: Error | undefined;

  /** Starts nothing yet. */
  constructor(options: PoolOptions) {
    this.#options = options;
    this.#watch = setInterval(() => this.#look(), watchMilliseconds);
    this.#watch.unref();
  }

  /**
   * Hands over a batch as soon as a process is free, or may be started.
   * @throws Error when engines cannot be made, or no process can be had any more
   */
  async scan(files: readonly FileTask[]): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const worker = this.#idle.pop();
      if (worker !== undefined) {
        this.#give(worker, files);
        return;
      }
      if (this.#workers.length < this.#options.workers) this.#add();
      await this.#change();
    }
  }

  /**
   * Scans files that only we may open, such as the programs of other users' processes, in a process that is started
   * with them open.
   */
  async scanOpened(tasks: readonly FileTask[]): Promise<void> {
    const opened: { task: FileTask; fd: number }[] = [];
    for (const task of tasks) {
      try {
        opened.push({ task, fd: openSync(task.path, constants.O_RDONLY | constants.O_NONBLOCK) });
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        this.#options.onResult(task, { verdict: notScanned('unreadable', task.path, words) });
      }
    }
    const files = opened.map(({ task }, index) => ({ ...task, fd: firstDescriptor + index }));
    try {
      const worker = await this.#startWorker(opened.map(({ fd }) => fd));
      this.#give(worker, files);
      // It has files open that nobody else has: it is not kept.
      while (worker.batch.length > 0) await this.#change();
      this.#remove(worker);
    } finally {
      for (const { fd } of opened) closeSync(fd);
    }
  }

  /** Settles when every batch is done. @throws Error when no process can be had any more */
  async drained(): Promise<void> {
    while (this.#again.length > 0 || this.#workers.some(({ batch }) => batch.length > 0)) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#change();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the processes. */
  close(): void {
    clearInterval(this.#watch);
    for (const worker of [...this.#workers]) this.#remove(worker);
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #startWorker(descriptors: readonly number[] = []): Promise<Worker> {
    const { engines, limits, opens, share } = this.#options;
    const child = forkConfined(program, { descriptors, groups: socketGroups(engines), heapMiB });
    const worker: Worker = { child, batch: [], heard: performance.now() };
    this.#workers.push(worker);
    return new Promise((resolve, reject) => {
      child.on('message', (message: WorkerMessage) => {
        worker.heard = performance.now();
        if ('ready' in message) resolve(worker);
        else if ('failure' in message) reject(new Error(message.failure));
        else this.#take(worker, message.results);
      });
      // Once it has started, the promise is settled and the first of these does nothing.
      const gone = (words: string): void => {
        reject(new Error(words));
        this.#lost(worker, words);
      };
      child.once('error', error => gone(error.message));
      child.once('exit', (code, signal) => gone(`the scanning process ended (${signal ?? code})`));
      child.send({ settings: { engines, limits, opens, share } } satisfies WorkerRequest, () => undefined);
    });
  }

  #give(worker: Worker, files: readonly FileTask[]): void {
    worker.batch = files;
    worker.heard = performance.now();
    if (files.length > 0) worker.child.send({ files } satisfies WorkerRequest, () => undefined);
  }

  #take(worker: Worker, results: readonly FileResult[]): void {
    const done = worker.batch.slice(0, results.length);
    worker.batch = worker.batch.slice(results.length);
    for (const [index, task] of done.entries()) this.#options.onResult(task, results[index] ?? {});
    if (worker.batch.length === 0) this.#next(worker);
  }

  /** What a free process does next. */
  #next(worker: Worker): void {
    const again = this.#again.shift();
    if (again !== undefined) this.#give(worker, again);
    else this.#idle.push(worker);
    this.#changed();
  }

  /** Looks for processes that stand still. */
  #look(): void {
    const now = performance.now();
    for (const worker of [...this.#workers]) {
      if (worker.batch.length > 0 && now - worker.heard > this.#options.limits.milliseconds + grace)
        this.#lost(worker, 'the engines did not come to an end');
    }
  }

  #remove(worker: Worker): void {
    worker.child.removeAllListeners();
    // Being killed, it may still be spoken to.
    worker.child.on('error', () => undefined);
    worker.child.kill('SIGKILL');
    for (const list of [this.#workers, this.#idle]) {
      const at = list.indexOf(worker);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** A process is gone, or has to go. What it leaves is scanned again file by file; a file alone is the one to name. */
  #lost(worker: Worker, words: string): void {
    if (!this.#workers.includes(worker)) return;
    this.#remove(worker);
    const { batch } = worker;
    worker.batch = [];
    const [first] = batch;
    if (first !== undefined && (batch.length === 1 || first.fd !== undefined)) {
      for (const task of batch)
        this.#options.onResult(task, { verdict: notScanned('too-slow', task.path, words) });
    } else this.#again.push(...batch.map(task => [task]));
    // One that dies without a file is not the files' fault: another one would die, too.
    if (first === undefined) this.#failure ??= new Error(words);
    else if (first.fd === undefined) this.#add();
    this.#changed();
  }

  #add(): void {
    this.#startWorker().then(
      worker => this.#next(worker),
      (error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
        this.#changed();
      },
    );
  }
}
