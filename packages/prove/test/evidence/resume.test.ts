/** A collection that is killed is gone on with, and repeats nothing; one that does not fit keeps what fits. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { EvidenceError, verifyEvidence } from '../../src/evidence/index.ts';
import { collectInto, makeDisk, makeFiles, makeFolder } from './support.ts';

/** Runs the worker until it has printed so many lines, then kills it; to its end without a number. */
async function runWorker(folder: string, files: string, lines?: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts'), folder, files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(line);
    if (told.length === lines) child.kill('SIGKILL');
  }
  return told;
}

test('killed at one step after the other, a collection ends whole and does no step twice', async context => {
  const folder = makeFolder(context);
  const files = makeFiles(folder, { small: 'x', large: randomBytes(4 << 20) });
  const finished: string[] = [];
  for (const lines of [1, 3, 4]) finished.push(...(await runWorker(folder, files, lines)));
  finished.push(...(await runWorker(folder, files)));
  assert.equal(finished.at(-1), 'sealed');
  const report = await verifyEvidence(join(folder, 'out.evidence'), { deep: true });
  assert.deepEqual(report.faults, []);
  const steps = report.manifest?.steps.map(({ id }) => id) ?? [];
  assert.equal(new Set(steps).size, steps.length);
  assert.ok((report.manifest?.runs ?? 0) >= 2);
  assert.ok(report.custody?.entries.some(({ action }) => action === 'evidence.resume'));
  const told = finished.filter(line => steps.includes(line));
  assert.equal(new Set(told).size, told.length, 'a step that was told finished is not collected again');
  assert.ok(!existsSync(join(folder, 'out.evidence.work')), 'the key of the collection is gone');
});

test('a disk too small: what fits is kept and sealed, the rest is named', async context => {
  const folder = makeFolder(context);
  const small = makeDisk(context, '4m');
  const files = makeFiles(folder, { large: randomBytes(16 << 20), small: 'fits' });
  const report = await collectInto(small, { files: [files], images: [join(files, 'large')] });
  const status = Object.fromEntries(report.steps.map(one => [one.id, one]));
  assert.equal(status['mounts']?.status, 'done');
  assert.equal(status['files']?.status, 'no-room');
  assert.match(status['files']?.notes[0]?.en ?? '', /large was left out: .* more than the room that is left/);
  assert.equal(status['image-1']?.status, 'no-room');
  assert.match(status['image-1']?.notes[0]?.en ?? '', /must stay free/);
  assert.deepEqual((await verifyEvidence(report.output, { deep: true })).faults, []);
});

test('a limit holds; a disk that others fill up in the end keeps the finished steps to go on from', async context => {
  const folder = makeFolder(context);
  const files = makeFiles(folder, { large: randomBytes(8 << 20) });
  const limited = await collectInto(folder, { images: [join(files, 'large')] }, { limit: 4 << 20 });
  assert.equal(limited.steps.at(-1)?.status, 'no-room');
  assert.ok(limited.bytes <= 4 << 20);

  const small = makeDisk(context, '8m');
  const filler = join(small, 'filler');
  const isSpaceError = (error: unknown) => error instanceof EvidenceError && error.code === 'space';
  const fill = () =>
    execFileSync('sh', ['-c', 'cat /dev/zero > "$1" || true', 'sh', filler], { stdio: 'ignore' });
  const failed = collectInto(small, {}, { onResult: ({ id }) => id === 'mounts' && fill() });
  await assert.rejects(failed, error => isSpaceError(error) || /ENOSPC|no space/i.test(String(error)));
  execFileSync('rm', [filler]);
  let resumed = 0;
  const report = await collectInto(
    small,
    {},
    {
      onResume: count => {
        resumed = count;
      },
    },
  );
  assert.ok(resumed > 0);
  assert.deepEqual((await verifyEvidence(report.output, { deep: true })).faults, []);
  await assert.rejects(collectInto(small, {}, { output: join(small, 'none/x') }), /cannot be used/);
});
