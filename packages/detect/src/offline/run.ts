/** Judges files of logs by Sigma rules, in parallel, with a result that does not depend on how parallel. */
import { Worker } from 'node:worker_threads';
import { RuleSet } from '../rules/rule-set.ts';
import { Gathering } from './gather.ts';
import type { InputFile } from './inputs.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import type { FileReport } from './match.ts';
import { type ReadSettings, scanFile } from './scan.ts';
import type { FromWorker, ToWorker, WorkerTask } from './worker.ts';

/** How files are judged. */
export interface OfflineOptions extends JudgeOptions, ReadSettings {
  /** Folders of rules, read as one set. */
  readonly rules: readonly string[];
  /** Worker threads; with 1 everything runs in the calling thread. */
  readonly workers?: number;
  /** Told of bytes (as they lie on disk) and records read so far. */
  readonly onProgress?: (bytes: number, records: number) => void;
}

/** What judging files came to; end it with `gathering.close()`. */
export interface OfflineResult {
  readonly rules: RuleSet;
  readonly gathering: Gathering;
  /** One a file, in the order of the files. */
  readonly reports: readonly FileReport[];
  readonly milliseconds: number;
}

/**
 * Judges files. Each file is read by one worker; single rules are judged there. Matches that feed correlations
 * are brought together, sorted by time, then by file and place, and judged in one pass: a correlation sees all
 * files as one log.
 * @throws when the rules cannot be read, or a worker dies
 */
export async function detectOffline(
  files: readonly InputFile[],
  options: OfflineOptions,
): Promise<OfflineResult> {
  const start = performance.now();
  const rules = await RuleSet.load(options.rules);
  const gathering = new Gathering(rules);
  try {
    const reports = await new Run(files, options, rules, gathering).run();
    gathering.correlate();
    return { rules, gathering, reports, milliseconds: performance.now() - start };
  } catch (error) {
    gathering.close();
    throw error;
  }
}

/** Records die young: a larger young generation only takes memory. */
const youngMebibytes = 16;

class Run {
  readonly #files: readonly InputFile[];
  readonly #options: OfflineOptions;
  readonly #rules: RuleSet;
  readonly #gathering: Gathering;
  readonly #reports: FileReport[] = [];
  #bytes = 0;
  #records = 0;

  constructor(files: readonly InputFile[], options: OfflineOptions, rules: RuleSet, gathering: Gathering) {
    this.#files = files;
    this.#options = options;
    this.#rules = rules;
    this.#gathering = gathering;
  }

  async run(): Promise<FileReport[]> {
    const numbered = this.#files.map((file, number) => ({ file, number }));
    const here = numbered.filter(({ file }) => file.path === '-');
    const others = numbered.filter(({ file }) => file.path !== '-');
    const workers = Math.min(this.#options.workers ?? 1, others.length);
    if (workers <= 1) await this.#here(numbered);
    else {
      // The largest first, so that no worker is left alone with a large one at the end.
      const queue = others.toSorted((one, other) => other.file.size - one.file.size);
      await Promise.all([this.#here(here), ...Array.from({ length: workers }, () => this.#worker(queue))]);
    }
    return this.#reports;
  }

  async #here(numbered: readonly { file: InputFile; number: number }[]): Promise<void> {
    if (numbered.length === 0) return;
    const judge = new Judge(this.#rules, this.#options);
    for (const { file, number } of numbered) {
      this.#reports[number] = await scanFile(file, number, judge, this.#options, {
        matches: matches => this.#gathering.add(matches),
        progress: (bytes, records) => this.#progress(bytes, records),
      });
    }
  }

  async #worker(queue: { file: InputFile; number: number }[]): Promise<void> {
    const { rules, from, to, each, format, timezone, year, accessFormat } = this.#options;
    const task: WorkerTask = {
      rules,
      judge: { from, to, each },
      settings: { format, timezone, year, accessFormat },
    };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: task,
      resourceLimits: { maxYoungGenerationSizeMb: youngMebibytes },
    });
    const say = (message: ToWorker): void => worker.postMessage(message);
    try {
      await new Promise<void>((resolve, reject) => {
        worker.on('error', reject);
        worker.on('exit', code => reject(new Error(`a worker ended with ${code}`)));
        worker.on('message', (message: FromWorker) => {
          if (message.type === 'progress') this.#progress(message.bytes, message.records);
          else if (message.type === 'report') this.#reports[message.number] = message.report;
          else if (message.type === 'matches') {
            this.#gathering.add(message.matches);
            say({ type: 'taken' });
          } else {
            const next = queue.shift();
            if (next === undefined) resolve();
            else say({ type: 'file', ...next });
          }
        });
      });
    } finally {
      worker.removeAllListeners('exit');
      await worker.terminate();
    }
  }

  #progress(bytes: number, records: number): void {
    this.#bytes += bytes;
    this.#records += records;
    this.#options.onProgress?.(this.#bytes, this.#records);
  }
}
