/** A scan of files and folders: walk, cache, processes, counts. */
import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { type EngineSettings, type EngineVersion, engineVersions, isElsewhere } from '../engines.ts';
import { defaultLimits, type ScanLimits } from '../limits.ts';
import type { Judged, Verdict } from '../verdict.ts';
import { VerdictCache } from './cache.ts';
import { imageFiles } from './images.ts';
import type { FileResult, FileTask } from './messages.ts';
import type { FileScanner, PoolOptions } from './pool.ts';
import { type FoundFile, type WalkCounts, walkFiles } from './walk.ts';

/** What is scanned, and how. */
export interface ScanRequest {
  readonly paths: readonly string[];
  readonly engines: EngineSettings;
  readonly limits?: Partial<ScanLimits>;
  /** Whether containers are opened; they are by default. */
  readonly opens?: boolean;
  /** Scanning processes; one a processor by default. */
  readonly workers?: number;
  /** Part of all processors that the scan may use, above 0 up to 1. */
  readonly cpuShare?: number;
  /** File of the verdict cache; without it nothing is remembered. */
  readonly cache?: string;
  /** Paths that are left out, with everything below them. */
  readonly exclude?: readonly string[];
  /** Programs of running processes to scan besides (`/proc/PID/exe`), also where their files are gone. */
  readonly images?: readonly string[];
  readonly onProgress?: (progress: ScanProgress) => void;
  /** Receives each file that is not clean, or of which something is to be said. */
  readonly onVerdict: (file: JudgedFile) => void;
  /** Ends the scan early; what has been found stands. */
  readonly signal?: AbortSignal;
}

/** A file with what there is to say of it. */
export interface JudgedFile {
  readonly path: string;
  readonly size: number;
  readonly verdict: Verdict;
  readonly sha256?: string;
  /** Whether the verdict is from an earlier scan of the same state. */
  readonly cached: boolean;
}

/** How far a scan is. */
export interface ScanProgress {
  readonly files: number;
  readonly bytes: number;
  /** All files and bytes, as far as they are found. */
  readonly foundFiles: number;
  readonly foundBytes: number;
  /** Whether all files are found. */
  readonly isComplete: boolean;
}

/** What a scan did. */
export interface ScanReport extends Record<Judged, number> {
  readonly files: number;
  readonly bytes: number;
  /** Of these, files whose verdict was known. */
  readonly cached: number;
  /** Files of which something stood in the way of a full look. */
  readonly noted: number;
  readonly notFiles: number;
  readonly unreadable: WalkCounts['unreadable'];
  readonly unreadableCount: number;
  readonly milliseconds: number;
  readonly engines: readonly EngineVersion[];
  readonly stopped: boolean;
}

const batchFiles = 64;
const batchBytes = 4 * 2 ** 20;
/** Files that the walk may be ahead of the processes: bounds the memory of the queue. */
const mostAhead = 200_000;
const aheadMilliseconds = 50;
/** Files after which the walk lets the answers of the processes through. */
const filesPerTurn = 512;

/** Scans. @throws Error when the engines cannot be made or a path does not exist */
export async function scanTree(request: ScanRequest): Promise<ScanReport> {
  const limits = { ...defaultLimits, ...request.limits };
  const opens = request.opens ?? true;
  const processors = availableParallelism();
  const workers = request.workers ?? processors;
  const share = Math.min(((request.cpuShare ?? 1) * processors) / workers, 1);
  const began = performance.now();
  const state = new ScanState(request, limits);
  const engines = await engineVersions(request.engines);
  state.cache = new VerdictCache(JSON.stringify({ engines, limits, opens }));
  if (request.cache !== undefined) state.cache.load(request.cache);
  let pool: FileScanner | undefined;
  // Scanners cost their start: where everything is known there is none.
  const scanner = async (): Promise<FileScanner> => {
    pool ??= await makeScanner(
      engines.every(({ name }) => isElsewhere(name)),
      {
        engines: request.engines,
        limits,
        opens,
        workers,
        share,
        onResult: (task, result) => state.take(task, result),
      },
    );
    return pool;
  };
  try {
    await state.run(scanner);
    await pool?.drained();
    if (request.cache !== undefined && state.hasNews) state.cache.save(request.cache);
    return state.report(engines, performance.now() - began);
  } finally {
    pool?.close();
  }
}

/** @param readsElsewhere whether every engine has another process read the content */
async function makeScanner(readsElsewhere: boolean, options: PoolOptions): Promise<FileScanner> {
  if (readsElsewhere) return new (await import('./hand-over.ts')).HandOver(options);
  return new (await import('./pool.ts')).ScanPool(options);
}

/** Takes the next files out of the queue: few large ones or many small ones. */
function nextBatch(queue: FileTask[]): FileTask[] {
  let bytes = 0;
  let count = 0;
  while (count < queue.length && count < batchFiles && bytes < batchBytes) {
    bytes += queue[count]?.size ?? 0;
    count += 1;
  }
  return queue.splice(0, count);
}

/** Begun last, a large file would be scanned when nothing else is left to do beside it. Small ones stay as they lie. */
function largeFirst(queue: FileTask[]): void {
  const { large = [], small = [] } = Object.groupBy(queue, ({ size }) =>
    size >= batchBytes ? 'large' : 'small',
  );
  large.sort((one, other) => other.size - one.size);
  for (const [index, task] of [...large, ...small].entries()) queue[index] = task;
}

class ScanState {
  readonly #request: ScanRequest;
  readonly #counts: WalkCounts = { notFiles: 0, pseudo: 0, unreadable: [], unreadableCount: 0 };
  readonly #judged: Record<Judged, number> = { clean: 0, suspicious: 0, malicious: 0 };
  cache: VerdictCache = new VerdictCache('');
  hasNews = false;
  #files = 0;
  #bytes = 0;
  #foundFiles = 0;
  #foundBytes = 0;
  #cached = 0;
  #noted = 0;
  #isComplete = false;

  /** Of a larger file no more is looked at: a sparse one would count as terabytes. */
  readonly #mostBytes: number;

  constructor(request: ScanRequest, limits: ScanLimits) {
    this.#request = request;
    this.#mostBytes = limits.contentBytes;
  }

  /** Walks ahead of the processes, so that how much there is to do is known early, and hands them what is not known. */
  async run(pool: () => Promise<FileScanner>): Promise<void> {
    const found = Array.from(imageFiles(this.#request.images ?? [], this.#counts), file => this.#task(file));
    const images = found.filter(task => task !== undefined);
    for (let at = 0; at < images.length && !this.#isStopped; at += batchFiles)
      await (await pool()).scanOpened(images.slice(at, at + batchFiles));
    const queue: FileTask[] = [];
    const walking = this.#walk(queue);
    let failure: unknown;
    walking.catch((error: unknown) => {
      failure = error;
      this.#isComplete = true;
    });
    while (!this.#isStopped) {
      if (failure !== undefined) throw failure;
      const batch = this.#isComplete || queue.length >= batchFiles ? nextBatch(queue) : [];
      if (batch.length > 0) await (await pool()).scan(batch);
      else if (this.#isComplete) break;
      else await new Promise(setImmediate);
    }
    await walking;
  }

  get #isStopped(): boolean {
    return this.#request.signal?.aborted === true;
  }

  async #walk(queue: FileTask[]): Promise<void> {
    const { exclude = [] } = this.#request;
    const paths = this.#request.paths.map(path => realpathSync(path));
    const isExcluded = (path: string): boolean =>
      exclude.some(one => path === one || path.startsWith(`${one}/`));
    let steps = 0;
    const files = walkFiles(paths, this.#counts, exclude.length > 0 ? isExcluded : undefined);
    for (const file of files) {
      if (this.#isStopped) break;
      const task = this.#task(file);
      if (task !== undefined) queue.push(task);
      steps += 1;
      if (steps % filesPerTurn === 0) await new Promise(setImmediate);
      while (queue.length > mostAhead && !this.#isStopped) await wait(aheadMilliseconds);
    }
    largeFirst(queue);
    this.#isComplete = true;
  }

  /** What there is to do for a file; undefined where its verdict is known, which is told. */
  #task({ path, raw, stats }: FoundFile): FileTask | undefined {
    const { size } = stats;
    this.#foundFiles += 1;
    this.#foundBytes += size;
    const known = this.cache.find(stats);
    if (known === undefined) return { path, size, ...(raw !== undefined && { raw }) };
    this.#cached += 1;
    this.#count(size);
    if (known === 'clean') this.#judged.clean += 1;
    else this.#say({ path, size, verdict: known.verdict, cached: true, ...sha(known.sha256) });
    return undefined;
  }

  /** A file is done. */
  take(task: FileTask, { identity, verdict, sha256 }: FileResult): void {
    this.#count(identity?.size ?? task.size);
    this.hasNews = true;
    const { path } = task;
    if (verdict === undefined) {
      this.#judged.clean += 1;
      if (identity !== undefined) this.cache.add(identity, 'clean');
      return;
    }
    if (identity !== undefined && verdict.notes.every(({ kind }) => kind !== 'engine-failed'))
      this.cache.add(identity, { path, verdict, ...sha(sha256) });
    this.#say({ path, size: identity?.size ?? task.size, verdict, cached: false, ...sha(sha256) });
  }

  #say(file: JudgedFile): void {
    this.#judged[file.verdict.judged] += 1;
    if (file.verdict.notes.length > 0) this.#noted += 1;
    this.#request.onVerdict(file);
  }

  #count(size: number): void {
    this.#files += 1;
    this.#bytes += Math.min(size, this.#mostBytes);
    this.#request.onProgress?.({
      files: this.#files,
      bytes: this.#bytes,
      foundFiles: this.#foundFiles,
      foundBytes: this.#foundBytes,
      isComplete: this.#isComplete,
    });
  }

  report(engines: ScanReport['engines'], milliseconds: number): ScanReport {
    return {
      ...this.#judged,
      files: this.#files,
      bytes: this.#bytes,
      cached: this.#cached,
      noted: this.#noted,
      notFiles: this.#counts.notFiles,
      unreadable: this.#counts.unreadable,
      unreadableCount: this.#counts.unreadableCount,
      milliseconds,
      engines,
      stopped: this.#isStopped,
    };
  }
}

function sha(sha256: string | undefined): { sha256?: string } {
  return sha256 === undefined ? {} : { sha256 };
}
