/** A scanning thread: makes its engines, then scans the batches that it is given. */
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { makeEngines } from '../engines.ts';
import { type Scanning, scanFile } from '../scan-file.ts';
import {
  type Batch,
  type FileResult,
  resultOf,
  type WorkerMessage,
  type WorkerSettings,
} from './messages.ts';

const settings = workerData as WorkerSettings;
const beat = new Float64Array(settings.beat);
/** Contents up to this size are read into the same memory, one after the other. */
const lentBytes = 8 * 2 ** 20;
/** Rests shorter than this are saved up: the system's timer is no finer. */
const leastRest = 5;

function say(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

async function main(): Promise<void> {
  const engines = await makeEngines(settings.engines);
  const buffer = Buffer.allocUnsafeSlow(lentBytes);
  let owed = 0;
  say({ ready: true });
  parentPort?.on('message', async ({ files }: Batch) => {
    const results: FileResult[] = [];
    for (const [index, { path, raw }] of files.entries()) {
      beat[0] = index;
      beat[1] = Date.now();
      const began = performance.now();
      const scanning: Scanning = {
        engines,
        limits: settings.limits,
        signal: AbortSignal.timeout(settings.limits.milliseconds),
        opens: settings.opens,
        buffer,
      };
      results.push(
        resultOf(await scanFile(path, scanning, raw === undefined ? undefined : Buffer.from(raw))),
      );
      if (settings.share < 1) {
        owed += (performance.now() - began) * (1 / settings.share - 1);
        if (owed >= leastRest) {
          beat[1] = Number.POSITIVE_INFINITY;
          await wait(owed);
          owed = 0;
        }
      }
    }
    beat[1] = Number.POSITIVE_INFINITY;
    say({ results });
  });
}

main().catch((error: unknown) => say({ failure: error instanceof Error ? error.message : String(error) }));
