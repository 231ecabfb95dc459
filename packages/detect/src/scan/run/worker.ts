/** A scanning process: makes its engines, then scans the batches that it is given. Ends with its owner. */
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
import { Rest } from './rest.ts';

/** Results are not kept back for longer, milliseconds: silence means that a file does not come to an end. */
const mostSilence = 1_000;
/** Files about which another process may be asked at once; it has its own bounds. */
const mostAtOnce = 32;
const memory = new LentMemory();
let settings: WorkerSettings | undefined;
let engines: readonly Engine[] = [];
let rest = new Rest(1);

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

async function scanAll(files: readonly FileTask[], given: WorkerSettings): Promise<void> {
  const asksElsewhere = engines.some(({ wants }) => wants === 'descriptor');
  const most = asksElsewhere && rest.isNone ? mostAtOnce : 1;
  const done: (FileResult | undefined)[] = files.map(() => undefined);
  const running = new Set<Promise<unknown>>();
  let told = 0;
  let said = performance.now();
  /** In the order of the files, as far as nothing is missing. */
  const tell = (): void => {
    const missing = done.indexOf(undefined, told);
    const results = done.slice(told, missing < 0 ? done.length : missing) as FileResult[];
    if (results.length > 0) say({ results });
    told += results.length;
    said = performance.now();
  };
  for (let next = 0; next < files.length || running.size > 0; ) {
    const began = performance.now();
    if (began - said > mostSilence) tell();
    for (; running.size < most && next < files.length; next += 1) {
      const index = next;
      const one = scan(files[index] as FileTask, given).then(result => {
        done[index] = result;
        running.delete(one);
      });
      running.add(one);
    }
    await Promise.race(running);
    await rest.from(performance.now() - began);
  }
  tell();
}

async function handle(request: WorkerRequest): Promise<void> {
  if ('settings' in request) {
    settings = request.settings;
    rest = new Rest(settings.share);
    engines = await makeEngines(settings.engines);
    say({ ready: true });
  } else if (settings !== undefined) await scanAll(request.files, settings);
}

/** Answers the process that started this one, until that ends. */
export function serve(): void {
  process.on('message', (request: WorkerRequest) => {
    handle(request).catch((error: unknown) => {
      say({ failure: error instanceof Error ? error.message : String(error) });
      process.exitCode = 1;
      process.disconnect?.();
    });
  });
  process.once('disconnect', () => process.exit());
}
