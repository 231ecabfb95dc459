/** A helper process: scans what its owner hands it, one file after the other. Ends with its owner. */
import { execFileSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { receiveDescriptor } from '@redoubt/kernel';
import type { Engine } from '../engine.ts';
import { makeEngines } from '../engines.ts';
import { LentMemory } from '../lent-memory.ts';
import { type FileResult, resultOf } from '../run/messages.ts';
import { walkFiles } from '../run/walk.ts';
import { type Scanning, scanDescriptor, scanFile } from '../scan-file.ts';
import { descriptorSocket, type HelperAnswer, type HelperRequest, type HelperSettings } from './messages.ts';

const politeness = 10;
const memory = new LentMemory();
let settings: HelperSettings | undefined;
let engines: readonly Engine[] = [];
let work: Promise<void> = Promise.resolve();

function say(answer: HelperAnswer): void {
  process.send?.(answer);
}

function giveWay(): void {
  setPriority(politeness);
  try {
    execFileSync('ionice', ['-c', '3', '-p', String(process.pid)], { stdio: 'ignore' });
  } catch {
    // Without util-linux, or where it is not allowed, processor time alone has to do.
  }
}

function scanning({ limits }: HelperSettings): Scanning {
  return { engines, limits, opens: true, memory };
}

/** The file itself is handed over: it may have another name by now, or none, or lie in a container. */
async function scanNext(path: string, given: HelperSettings): Promise<FileResult> {
  const fd = receiveDescriptor(descriptorSocket);
  try {
    return resultOf(await scanDescriptor(fd, path, scanning(given)));
  } finally {
    closeSync(fd);
  }
}

async function rescan(
  { id, points, since, exclude }: Extract<HelperRequest, { points: unknown }>,
  given: HelperSettings,
): Promise<void> {
  const counts = { notFiles: 0, pseudo: 0, unreadable: [], unreadableCount: 0 };
  const isExcluded = (path: string): boolean =>
    exclude.some(one => path === one || path.startsWith(`${one}/`));
  let walked = 0;
  for (const { path, raw, stats } of walkFiles(points, counts, isExcluded)) {
    if (stats.ctimeMs < since || stats.size === 0) continue;
    walked += 1;
    const found = resultOf(await scanFile(path, scanning(given), raw));
    if (found.verdict !== undefined && found.verdict.judged !== 'clean') say({ id, path, found });
  }
  say({ id, walked });
}

async function handle(request: HelperRequest): Promise<void> {
  if ('settings' in request) {
    settings = request.settings;
    if (settings.isPolite) giveWay();
    engines = await makeEngines(settings.engines);
    say({ ready: true });
    return;
  }
  if (settings === undefined) throw new Error('asked before it was told how to scan');
  if ('points' in request) await rescan(request, settings);
  else say({ id: request.id, result: await scanNext(request.path, settings) });
}

/** Answers the process that started this one, until that ends. */
export function serve(): void {
  process.on('message', (request: HelperRequest) => {
    work = work
      .then(() => handle(request))
      .catch((error: unknown) => {
        say({ failure: error instanceof Error ? error.message : String(error) });
        process.exitCode = 1;
        process.disconnect?.();
      });
  });
  process.once('disconnect', () => process.exit());
}
