/** Does one change of a set's file in a thread of its own: it is seconds of work on what others wrote. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Trim, trimIndicators } from '../set/changes.ts';
import { type ImportRequest, importFeed } from './import-feed.ts';

/** What the thread is to do. */
export type Task =
  | { readonly type: 'import'; readonly request: ImportRequest }
  | ({ readonly type: 'trim' } & Trim);

/** Least time between two reports of progress, milliseconds. */
const interval = 100;

const { path, task } = workerData as { path: string; task: Task };
let told = 0;
try {
  const result =
    task.type === 'trim'
      ? await trimIndicators(path, task)
      : await importFeed(path, task.request, progress => {
          const now = performance.now();
          if (now - told < interval && progress.step === 'reading') return;
          told = now;
          parentPort?.postMessage({ progress });
        });
  parentPort?.postMessage({ result });
} catch (error) {
  const { name, message } = error as Error;
  parentPort?.postMessage({ failure: { name, message } });
}
