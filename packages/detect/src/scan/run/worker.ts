/** A scanning process: makes its engines, then scans the batches that it is given. Ends with its owner. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Engine } from '../engine.ts';
import { makeEngines } from '../engines.ts';
import { LentMemory } from '../lent-memory.ts';
import { type Scanning, scanDescriptor, scanFile } from '../scan-file.ts';
import {
  type FileResult,
  type FileTask,
  resultOf,
  type WorkerMessage,
  type WorkerRequest,
  type WorkerSettings,
} from './messages.ts';

/** Rests shorter than this are saved up: the system's timer is no finer. */
const leastRest = 5;
/** Results are not kept back for longer, milliseconds: silence means that a file does not come to an end. */
const mostSilence = 1_000;
/** Files about which another process may be asked at once; it has its own bounds. */
const mostAtOnce = 32;
const memory = new LentMemory();
let settings: WorkerSettings | undefined;
let engines: readonly Engine[] = [];
let owed = 0;

function say(message: WorkerMessage): void {
  process.send?.(message);
}

async function scan({ path, raw, fd }: FileTask, { limits, opens }: WorkerSettings): Promise<FileResult> {
  const scanning: Scanning = { engines, limits, opens, memory };
  return resultOf(
    fd === undefined
      ? await scanFile(path, scanning, raw === undefined ? undefined : Buffer.from(raw))
      : await scanDescriptor(fd, path, scanning),
  );
}

/** Rests so that work takes no more than its share of the time. */
async function rest(worked: number, share: number): Promise<void> {
  if (share >= 1) return;
  owed += worked * (1 / share - 1);
  if (owed < leastRest) return;
  await wait(owed);
  owed = 0;
}

async function scanAll(files: readonly FileTask[], given: WorkerSettings): Promise<void> {
  const asksElsewhere = engines.some(({ wants }) => wants === 'descriptor');
  const most = asksElsewhere && given.share >= 1 ? mostAtOnce : 1;
  const running: Promise<FileResult>[] = [];
  let results: FileResult[] = [];
  let said = performance.now();
  for (let next = 0; next < files.length || running.length > 0; ) {
    const began = performance.now();
    if (began - said > mostSilence) {
      say({ results });
      results = [];
      said = began;
    }
    for (; running.length < most && next < files.length; next += 1)
      running.push(scan(files[next] as FileTask, given));
    results.push((await running.shift()) as FileResult);
    await rest(performance.now() - began, given.share);
  }
  say({ results });
}

async function handle(request: WorkerRequest): Promise<void> {
  if ('settings' in request) {
    settings = request.settings;
    engines = await makeEngines(settings.engines);
    say({ ready: true });
  } else if (settings !== undefined) await scanAll(request.files, settings);
}

process.on('message', (request: WorkerRequest) => {
  handle(request).catch((error: unknown) => {
    say({ failure: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect?.();
  });
});
process.once('disconnect', () => process.exit());
