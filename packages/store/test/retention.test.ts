/** History is given up by age and by size, from the oldest; findings and what they refer to stay. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { viewOf } from '@redoubt/model';
import { openReader, openRecorder, type Reader, registerDecoder } from '../src/index.ts';
import {
  all,
  bootId,
  noiseBatch,
  sampleBatch,
  sampleEvent,
  sampleFinding,
  sampleProcess,
  temporaryFolder,
} from './support/samples.ts';

const day = 86_400_000;
registerDecoder('noise', function* (_, { count }) {
  for (let index = 0; index < count; index += 1) yield viewOf(sampleEvent(index));
});

async function until(reader: Reader, condition: (reader: Reader) => boolean): Promise<void> {
  while (!condition(reader)) await new Promise(resolve => setTimeout(resolve, 20));
}

test('by size: the file stays below the limit, the newest events and all findings are there', async context => {
  const directory = temporaryFolder();
  const maxBytes = 40 << 20;
  const retention = { maxBytes, minFreeBytes: 0 };
  const recorder = await openRecorder({ directory, retention, maintenanceInterval: 20 });
  context.after(() => recorder.close());
  const reader = openReader(directory);
  context.after(() => reader.close());
  let largest = 0;
  for (let round = 0; round < 120; round += 1) {
    recorder.append(noiseBatch(randomBytes(1 << 20), 10));
    recorder.saveFinding(sampleFinding(`f${round}`));
    await recorder.flush();
    if (round % 4 === 0) await new Promise(resolve => setTimeout(resolve, 40));
    largest = Math.max(largest, recorder.stats().databaseBytes);
  }
  // One round of maintenance may be late by what is written meanwhile.
  assert.ok(largest < maxBytes + (16 << 20), `${largest} bytes`);
  const { lastSequence, firstSequence, findings } = reader.extent();
  assert.equal(lastSequence, 1200);
  assert.ok(
    firstSequence !== undefined && firstSequence > 600 && firstSequence < 1100,
    `from ${firstSequence}`,
  );
  assert.equal(findings, 120);
});

test('a smaller limit makes the file smaller', async context => {
  const directory = temporaryFolder();
  const large = await openRecorder({ directory, retention: { minFreeBytes: 0 } });
  for (let round = 0; round < 40; round += 1) {
    large.append(noiseBatch(randomBytes(1 << 20), 10));
    await large.flush();
  }
  await large.close();
  const path = join(directory, 'events.db');
  assert.ok(statSync(path).size > 30 << 20);
  const retention = { maxBytes: 16 << 20, minFreeBytes: 0 };
  const small = await openRecorder({ directory, retention, maintenanceInterval: 20 });
  context.after(() => small.close());
  const reader = openReader(directory);
  context.after(() => reader.close());
  await until(reader, () => statSync(path).size < 16 << 20);
});

test('by age: old chunks go; what a wrong clock stamped neither blocks nor is taken early', async context => {
  const directory = temporaryFolder();
  const now = Date.now();
  const retention = { maxAge: day, minFreeBytes: 0 };
  const recorder = await openRecorder({ directory, retention, maintenanceInterval: 20 });
  context.after(() => recorder.close());
  const reader = openReader(directory);
  context.after(() => reader.close());
  const times = { old: now - 2 * day, future: now + 9 * day, recent: now, past: 1000 };
  for (const time of [times.old, times.old, times.future, times.old, times.recent, times.past]) {
    recorder.append(sampleBatch(1, 1, 'file.create', time));
    await recorder.flush();
  }
  await until(reader, () => reader.extent().events <= 3);
  await new Promise(resolve => setTimeout(resolve, 100));
  const left = await all(reader.events());
  assert.deepEqual(
    left.map(event => [event.sequence, event.time]),
    [
      [3, times.future],
      [5, times.recent],
      [6, times.past],
    ],
  );
});

test('processes go with the last events that could refer to them, unless something needs them', async context => {
  const directory = temporaryFolder();
  const now = Date.now();
  const old = now - 2 * day;
  const retention = { maxAge: day, minFreeBytes: 0 };
  const recorder = await openRecorder({ directory, bootId, retention, maintenanceInterval: 20 });
  context.after(() => recorder.close());
  const reader = openReader(directory);
  context.after(() => reader.close());
  const ended = { end_time: old };
  recorder.saveProcesses([
    sampleProcess(1, { name: 'over', ...ended }),
    sampleProcess(2, { name: 'running' }),
    sampleProcess(3, { name: 'parent of running', ...ended }),
    sampleProcess(4, { name: 'child', parent_uid: '3:30' }),
    sampleProcess(5, { name: 'in a finding', ...ended }),
    sampleProcess(6, { name: 'first image' }),
    sampleProcess(6, { name: 'second image', image: 1 }),
    sampleProcess(7, { name: 'of an earlier boot', boot_id: 'earlier' }),
  ]);
  recorder.saveFinding(sampleFinding('f', { process: '5:50' }));
  recorder.append(sampleBatch(1, 5, 'file.create', old));
  await recorder.flush();
  recorder.append(sampleBatch(6, 5, 'file.create', now));
  recorder.saveProcesses([sampleProcess(8, { name: 'late', end_time: now })]);
  await recorder.flush();
  await until(reader, () => reader.extent().processes <= 6);
  await new Promise(resolve => setTimeout(resolve, 100));
  const names = (await reader.processes()).map(row => row.name).sort();
  assert.deepEqual(names, ['child', 'in a finding', 'late', 'parent of running', 'running', 'second image']);
});
