/**
 * A process that scans open files for somebody who must stay small and must not be stuck: started when there is
 * something to scan, ended when there has been nothing for a while, killed when a file holds it up.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sendDescriptor, socketPair } from '@redoubt/kernel';
import { forkConfined, socketGroups } from '../confined.ts';
import type { EngineSettings } from '../engines.ts';
import { defaultLimits, type ScanLimits } from '../limits.ts';
import type { FileResult } from '../run/messages.ts';
import { fuse } from '../verdict.ts';
import type { HelperAnswer, HelperRequest } from './messages.ts';

/** How a helper works. */
export interface HelperOptions {
  /** Asked at each start of the process, so that new rules are taken up. */
  readonly engines: () => EngineSettings | Promise<EngineSettings>;
  readonly limits?: Partial<ScanLimits>;
  /** Whether it gives way to every other program. */
  readonly isPolite: boolean;
  /** Milliseconds without work after which the process ends. */
  readonly idle?: number;
}

/** What a walk over changed files gave. */
export interface RescanResult {
  readonly files: number;
}

interface Waiting {
  readonly path: string;
  readonly since: number;
  readonly resolve: (result: FileResult) => void;
  /** Of a walk. */
  readonly onFound?: (path: string, found: FileResult) => void;
  readonly onEnd?: (files: number) => void;
}

interface Running {
  /** Undefined until it has been found out which engines there are. */
  process?: { readonly child: ChildProcess; readonly socket: number };
  readonly ready: Promise<void>;
  /** Whoever waits for it to be ready is told that it will not be. */
  readonly fail: (error: Error) => void;
  readonly waiting: Map<number, Waiting>;
}

const program = fileURLToPath(new URL('./child.ts', import.meta.url));
const defaultIdle = 60_000;
const watchMilliseconds = 1_000;
/** Beyond the time of a file, for engines that cannot be interrupted. */
const grace = 5_000;
/** Files under way in the process; a caller that wants more waits or does without. */
const most = 64;

/** Made without cost; the process starts with the first file. */
export class ScanHelper {
  readonly #options: HelperOptions;
  readonly #limits: ScanLimits;
  #running: Running | undefined;
  #watch: NodeJS.Timeout | undefined;
  #keeps = false;
  #lastUse = 0;
  #lastAnswer = 0;
  #next = 0;
  /** Processes that were started, and that had to be killed or died. */
  readonly counters = { starts: 0, lost: 0 };

  constructor(options: HelperOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#running?.process?.child.pid;
  }

  /** Whether another file would have to wait too long. */
  get isFull(): boolean {
    return (this.#running?.waiting.size ?? 0) >= most;
  }

  /** Starts the process, if it does not run. @throws Error when its engines cannot be made */
  async start(): Promise<void> {
    await this.#process().ready;
  }

  /** Whether it stays although there is nothing to do, for the sake of the next file. */
  keep(keeps: boolean): void {
    this.#keeps = keeps;
  }

  /**
   * Scans an open file. A file that the process does not survive, or is stuck in, gets a verdict that says so.
   * @param fd must stay open until this has settled
   * @param path for people
   * @throws Error when the engines cannot be made, or too many files are under way
   */
  async scan(fd: number, path: string): Promise<FileResult> {
    if (this.isFull) throw new Error(`more than ${most} files wait to be scanned`);
    const running = this.#process();
    const { promise, resolve } = Promise.withResolvers<FileResult>();
    const id = ++this.#next;
    running.waiting.set(id, { path, since: performance.now(), resolve });
    this.#send(running, { id, path }, fd);
    await running.ready;
    return await promise;
  }

  /** Scans what has changed below some points since a moment (milliseconds since the Unix epoch). */
  async rescan(
    points: readonly string[],
    since: number,
    exclude: readonly string[],
    onFound: (path: string, found: FileResult) => void,
  ): Promise<RescanResult> {
    const running = this.#process();
    const { promise, resolve } = Promise.withResolvers<number>();
    const id = ++this.#next;
    const settled = (): void => resolve(0);
    running.waiting.set(id, {
      path: '',
      since: performance.now(),
      resolve: settled,
      onFound,
      onEnd: resolve,
    });
    this.#send(running, { id, points, since, exclude });
    await running.ready;
    return { files: await promise };
  }

  /** Ends the process; the next file starts it anew, with engines made anew. What is under way is scanned by nobody. */
  async restart(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#end(running, 'the scan was ended');
    if (this.#keeps) await this.start();
  }

  /** Ends it for good. */
  close(): void {
    this.#keeps = false;
    if (this.#running !== undefined) this.#end(this.#running, 'the scan was ended');
  }

  #process(): Running {
    this.#lastUse = performance.now();
    if (this.#running !== undefined) return this.#running;
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    ready.catch(() => undefined);
    const running: Running = { ready, fail: reject, waiting: new Map() };
    this.#running = running;
    this.#open(running, resolve).catch((error: unknown) => this.#end(running, wordsOf(error)));
    this.#watch ??= setInterval(() => this.#look(), watchMilliseconds).unref();
    return running;
  }

  async #open(running: Running, onReady: () => void): Promise<void> {
    const { isPolite, engines: given } = this.#options;
    const engines = await given();
    if (this.#running !== running) return; // ended meanwhile
    const [socket, theirs] = socketPair();
    let child: ChildProcess;
    try {
      child = forkConfined(program, { descriptors: [theirs], groups: socketGroups(engines) });
    } finally {
      closeSync(theirs);
    }
    running.process = { child, socket };
    this.counters.starts += 1;
    // It keeps no process running by itself.
    child.unref();
    child.channel?.unref();
    child.on('message', (answer: HelperAnswer) => {
      if ('ready' in answer) onReady();
      else if ('failure' in answer) running.fail(new Error(answer.failure));
      else this.#take(running, answer);
    });
    child.once('error', error => running.fail(error));
    child.once('exit', (code, signal) => {
      this.#end(running, `the scanning process ended (${signal ?? code})`);
    });
    const settings = { engines, limits: this.#limits, isPolite };
    child.send({ settings } satisfies HelperRequest, () => undefined);
  }

  /** Only once the engines are there: until then the process has not been told how to scan. */
  #send(running: Running, request: HelperRequest, fd?: number): void {
    running.ready.then(
      () => {
        const { process: to } = running;
        if (to === undefined || !to.child.connected) return;
        try {
          if (fd !== undefined) sendDescriptor(to.socket, fd);
          to.child.send(request, () => undefined);
        } catch (error) {
          this.#end(running, wordsOf(error));
        }
      },
      () => undefined,
    );
  }

  #take(running: Running, answer: Exclude<HelperAnswer, { ready: true } | { failure: string }>): void {
    this.#lastUse = performance.now();
    this.#lastAnswer = this.#lastUse;
    const waiting = running.waiting.get(answer.id);
    if (waiting === undefined) return;
    if ('found' in answer) {
      waiting.onFound?.(answer.path, answer.found);
      return;
    }
    running.waiting.delete(answer.id);
    if ('walked' in answer) waiting.onEnd?.(answer.walked);
    else waiting.resolve(answer.result);
  }

  /** Ends a process that has nothing to do, or stands still. */
  #look(): void {
    const running = this.#running;
    if (running === undefined) return;
    const now = performance.now();
    const isIdle = now - this.#lastUse > (this.#options.idle ?? defaultIdle);
    if (running.waiting.size === 0) {
      if (isIdle && !this.#keeps) this.#end(running, 'idle');
      return;
    }
    const [first] = running.waiting.values();
    const limit = this.#limits.milliseconds + grace;
    const stands = now - Math.max(this.#lastAnswer, first?.since ?? now);
    if (first?.onEnd === undefined && stands > limit)
      this.#end(running, 'the engines did not come to an end');
  }

  /** The file that it was at is named; the others are given back as not scanned, and may be asked for again. */
  #end(running: Running, words: string): void {
    if (this.#running !== running) return;
    this.#running = undefined;
    clearInterval(this.#watch);
    this.#watch = undefined;
    running.fail(new Error(words));
    if (running.process !== undefined) {
      const { child, socket } = running.process;
      child.removeAllListeners('exit');
      child.kill('SIGKILL');
      closeSync(socket);
    }
    const [culprit, ...others] = running.waiting.values();
    running.waiting.clear();
    if (culprit === undefined) return;
    this.counters.lost += 1;
    const text = { en: `it could not be scanned: ${words}`, zh: `无法扫描：${words}` };
    culprit.resolve({ verdict: fuse([], [{ kind: 'too-slow', where: culprit.path, text }]) });
    for (const other of others) other.resolve({});
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
