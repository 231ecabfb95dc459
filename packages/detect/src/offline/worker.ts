/** A worker thread: judges the files that it is given, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { RuleSet } from '../rules/rule-set.ts';
import type { InputFile } from './inputs.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import type { FileReport, Matches } from './match.ts';
import { type ReadSettings, scanFile } from './scan.ts';

/** What a worker is started with. */
export interface WorkerTask {
  readonly rules: readonly string[];
  readonly judge: JudgeOptions;
  readonly settings: ReadSettings;
}

/** What the main thread says: another file, or that matches were taken. */
export type ToWorker =
  | { readonly type: 'file'; readonly file: InputFile; readonly number: number }
  | { readonly type: 'taken' };

/** What a worker says. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'matches'; readonly matches: Matches }
  | { readonly type: 'progress'; readonly bytes: number; readonly records: number }
  | { readonly type: 'report'; readonly number: number; readonly report: FileReport };

async function work(port: NonNullable<typeof parentPort>): Promise<void> {
  const task = workerData as WorkerTask;
  const judge = new Judge(await RuleSet.load(task.rules), task.judge);
  const say = (message: FromWorker): void => port.postMessage(message);
  let taken = (): void => {};
  const listener = {
    // One batch is on its way at a time, so that a slow main thread slows the worker, not fills the memory.
    matches: (matches: Matches): Promise<void> | void => {
      if (matches.groups.length === 0 && matches.sightings.length === 0) return;
      say({ type: 'matches', matches });
      return new Promise(resolve => {
        taken = resolve;
      });
    },
    progress: (bytes: number, records: number): void => say({ type: 'progress', bytes, records }),
  };
  port.on('message', (message: ToWorker) => {
    if (message.type === 'taken') {
      taken();
      return;
    }
    const { file, number } = message;
    scanFile(file, number, judge, task.settings, listener).then(report => {
      say({ type: 'report', number, report });
      say({ type: 'ready' });
    });
  });
  say({ type: 'ready' });
}

if (parentPort !== null) await work(parentPort);
