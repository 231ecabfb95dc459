/**
 * Scanning where every engine has another process read the content, as ClamAV has: files are opened here and handed
 * on. What reads nothing needs no processes of its own.
 */
import { closeSync, constants, openSync } from 'node:fs';
import type { Engine } from '../engine.ts';
import { makeEngines } from '../engines.ts';
import { LentMemory } from '../lent-memory.ts';
import { type ScannedFile, scanDescriptor, scanFile } from '../scan-file.ts';
import { type FileTask, notScanned, resultOf } from './messages.ts';
import type { FileScanner, PoolOptions } from './pool.ts';
import { Rest } from './rest.ts';

/** Files about which others may be asked at once; they have their own bounds. */
const mostAtOnce = 32;

export class HandOver implements FileScanner {
  readonly #options: PoolOptions;
  readonly #engines: Promise<readonly Engine[]>;
  readonly #memory = new LentMemory();
  readonly #rest: Rest;
  readonly #most: number;
  #running = 0;
  #waiting: (() => void)[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#rest = new Rest(options.share);
    this.#most = this.#rest.isNone ? mostAtOnce : 1;
    this.#engines = makeEngines(options.engines);
    this.#engines.catch(() => undefined);
  }

  async scan(files: readonly FileTask[]): Promise<void> {
    await this.#each(files, ({ path, raw }, scanning) =>
      scanFile(path, scanning, raw === undefined ? undefined : Buffer.from(raw)),
    );
  }

  async scanOpened(tasks: readonly FileTask[]): Promise<void> {
    await this.#each(tasks, async ({ path }, scanning) => {
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        return await scanDescriptor(fd, path, scanning);
      } finally {
        closeSync(fd);
      }
    });
  }

  async drained(): Promise<void> {
    while (this.#running > 0) await this.#change();
  }

  close(): void {
    this.#engines.then(
      engines => engines.forEach(engine => void engine.close?.()),
      () => undefined,
    );
  }

  async #each(
    tasks: readonly FileTask[],
    work: (task: FileTask, scanning: Parameters<typeof scanFile>[1]) => Promise<ScannedFile>,
  ): Promise<void> {
    const { limits, opens, onResult } = this.#options;
    const scanning = { engines: await this.#engines, limits, opens, memory: this.#memory };
    for (const task of tasks) {
      while (this.#running >= this.#most) await this.#change();
      this.#running += 1;
      const began = performance.now();
      work(task, scanning)
        .then(resultOf, (error: unknown) => ({
          verdict: notScanned(
            'unreadable',
            task.path,
            error instanceof Error ? error.message : String(error),
          ),
        }))
        .then(async result => {
          onResult(task, result);
          await this.#rest.from(performance.now() - began);
        })
        .finally(() => {
          this.#running -= 1;
          const waiting = this.#waiting;
          this.#waiting = [];
          for (const resolve of waiting) resolve();
        });
    }
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }
}
