import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventKind } from '@redoubt/model';
import { viewOf } from '@redoubt/model';
import fc from 'fast-check';
import { openReader, openRecorder, RecorderError, registerDecoder } from '../src/index.ts';
import {
  all,
  bootId,
  lossCodes,
  numberOf,
  sampleBatch,
  sampleEvent,
  sampleFinding,
  sampleProcess,
  temporaryFolder,
} from './support/samples.ts';

test('what is recorded is read back, numbered, also after a stop', async context => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory, bootId });
  context.after(() => recorder.close());
  assert.equal(recorder.append(sampleBatch(1, 3)), 1);
  assert.equal(recorder.append(sampleBatch(4, 2)), 4);
  await recorder.flush();
  const reader = openReader(directory);
  context.after(() => reader.close());
  const events = await all(reader.events());
  assert.deepEqual(events.map(numberOf), [1, 2, 3, 4, 5]);
  assert.deepEqual(
    events.map(event => event.sequence),
    [1, 2, 3, 4, 5],
  );
  assert.equal(events[3]?.toEvent().metadata.sequence, 4);
  assert.equal(events[3]?.get('metadata.sequence'), 4);
  assert.equal((await reader.event(5))?.sequence, 5);
  assert.equal(await reader.event(6), undefined);
  await recorder.close();
  assert.throws(() => recorder.append(sampleBatch(1, 1)), { code: 'closed' });

  const again = await openRecorder({ directory, bootId });
  context.after(() => again.close());
  assert.equal(again.append(sampleBatch(6, 1)), 6, 'numbering goes on without a gap after a stop in order');
  await again.flush();
  assert.deepEqual((await all(reader.events())).map(numberOf), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(await lossCodes(reader), []);
});

test('files are private', async context => {
  const directory = join(temporaryFolder(), 'recorder');
  const recorder = await openRecorder({ directory });
  context.after(() => recorder.close());
  recorder.append(sampleBatch(1, 1));
  await recorder.flush();
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  for (const name of ['events.db', 'events.db-wal', 'events.db-shm', 'writer.lock', 'reserve']) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  }
});

test('a second writer is refused with the pid of the first, from this and from another process', async context => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory });
  context.after(() => recorder.close());
  const refused = { name: 'RecorderError', code: 'locked', message: new RegExp(`process ${process.pid},`) };
  await assert.rejects(openRecorder({ directory }), refused);
  const source = `import { openRecorder } from '@redoubt/store';
    await openRecorder({ directory: ${JSON.stringify(directory)} }).catch(error => console.log(error.message));`;
  const other = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  assert.match(other.stdout, refused.message);
  await recorder.close();
  await (await openRecorder({ directory })).close();
});

test('a folder without a recorder, and an unknown format, are said clearly', async context => {
  const directory = temporaryFolder();
  assert.throws(() => openReader(directory), { code: 'absent' });
  const recorder = await openRecorder({ directory });
  context.after(() => recorder.close());
  recorder.append({ ...sampleBatch(1, 1), format: 'unheard-of' });
  await recorder.flush();
  const reader = openReader(directory);
  context.after(() => reader.close());
  await assert.rejects(all(reader.events()), /no decoder is registered for "unheard-of"/);
  assert.throws(() => registerDecoder('a,b', () => []), RecorderError);
});

test('subscribers see batches before they are on disk, with the same numbers', async context => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory });
  context.after(() => recorder.close());
  const seen: [number, number][] = [];
  const end = recorder.subscribe(({ firstSequence, batch }) => seen.push([firstSequence, batch.count]));
  recorder.append(sampleBatch(1, 2));
  recorder.append(sampleBatch(3, 5));
  end();
  recorder.append(sampleBatch(8, 1));
  assert.deepEqual(seen, [
    [1, 2],
    [3, 5],
  ]);
});

test('without a flush, events reach readers after the interval', async context => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory, flushInterval: 50 });
  context.after(() => recorder.close());
  const reader = openReader(directory);
  context.after(() => reader.close());
  recorder.append(sampleBatch(1, 4));
  while (reader.extent().events < 4) await new Promise(resolve => setTimeout(resolve, 10));
  assert.equal(recorder.stats().eventsWritten, 4);
});

test('a decoder gets its batch as it was, and can look processes up', async context => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory, bootId });
  context.after(() => recorder.close());
  recorder.saveProcesses([
    sampleProcess(7, { name: 'sh', start_time: 1000 }),
    sampleProcess(7, { name: 'true', start_time: 1000, image: 1, exec_time: 2000 }),
  ]);
  const bytes = new Uint8Array([1, 2, 3, 4, 5]);
  recorder.append({
    format: 'five',
    bytes,
    count: 2,
    firstTime: 1500,
    lastTime: 2500,
    kinds: ['file.create'],
  });
  bytes.fill(0);
  await recorder.flush();
  registerDecoder('five', function* (read, about) {
    assert.deepEqual([...read], [1, 2, 3, 4, 5]);
    assert.equal(read.byteOffset % 8, 0);
    assert.deepEqual([about.bootId, about.firstTime, about.lastTime, about.count], [bootId, 1500, 2500, 2]);
    for (const time of [1500, 2500]) {
      const name = about.processAt('7:70', time)?.name ?? 'unknown';
      yield viewOf({ ...sampleEvent(1, 'file.create', time), actor: { process: { name } } });
    }
    assert.equal(about.process('7:70')?.image, 1);
    assert.equal(about.process('7:70', 0)?.name, 'sh');
    assert.equal(about.process('8:80'), undefined);
  });
  const reader = openReader(directory);
  context.after(() => reader.close());
  const names = (await all(reader.events())).map(event => event.get('actor.process.name'));
  assert.deepEqual(names, ['sh', 'true']);
});

test('processes: rows are replaced, asked for, and told apart by boot', async context => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory, bootId });
  context.after(() => recorder.close());
  recorder.saveProcesses([sampleProcess(1, { exe: '/sbin/init' }), sampleProcess(2, { parent_uid: '1:10' })]);
  await recorder.flush();
  const ended = sampleProcess(2, { parent_uid: '1:10', end_time: 1_700_000_009_000, exit_code: 3 });
  recorder.saveProcesses([ended, sampleProcess(2, { boot_id: 'another' })]);
  await recorder.flush();
  const reader = openReader(directory);
  context.after(() => reader.close());
  assert.deepEqual(reader.process('2:20', bootId), ended);
  assert.equal(reader.process('2:20')?.boot_id, 'another');
  assert.deepEqual(await reader.processes({ parentUid: '1:10' }), [ended]);
  assert.deepEqual(
    (await reader.processes({ bootId, running: true })).map(row => row.exe),
    ['/sbin/init'],
  );
  assert.deepEqual(await reader.processes({ from: 1_700_000_010_000, bootId, pid: 2 }), []);
});

test('findings: updated by uid, counted by key, status kept, resolved ones left alone', async context => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory, bootId });
  context.after(() => recorder.close());
  const reader = openReader(directory);
  context.after(() => reader.close());
  recorder.saveFinding(sampleFinding('a', { key: 'k', time: 1000 }));
  await recorder.flush();
  recorder.saveFinding(sampleFinding('a', { key: 'k', count: 5, time: 2000 }));
  await recorder.flush();
  recorder.saveFinding(sampleFinding('b', { key: 'k', count: 2, time: 3000, process: '6:60' }));
  await recorder.flush();
  recorder.saveFinding(sampleFinding('b', { key: 'k', count: 3, time: 4000, process: '6:60' }));
  await recorder.flush();
  const [finding, ...others] = await reader.findings();
  assert.equal(others.length, 0);
  assert.equal(finding?.finding_info.uid, 'a');
  assert.equal(finding?.count, 8);
  assert.deepEqual(
    [finding?.finding_info.first_seen_time, finding?.finding_info.last_seen_time],
    [1000, 4000],
  );
  assert.equal(finding?.evidences.length, 2);
  assert.equal(reader.finding('b')?.finding_info.uid, 'a');

  assert.equal(await recorder.updateFinding('a', { status: 2 }), true);
  assert.equal(await recorder.updateFinding('absent', { status: 2 }), false);
  recorder.saveFinding(sampleFinding('a', { key: 'k', count: 6 }));
  await recorder.flush();
  assert.deepEqual([reader.finding('a')?.status_id, reader.finding('a')?.count], [2, 9]);

  await recorder.updateFinding('a', { status: 4 });
  recorder.saveFinding(sampleFinding('c', { key: 'k' }));
  await recorder.flush();
  assert.deepEqual(
    (await reader.findings({ status: [1] })).map(one => one.finding_info.uid),
    ['c'],
  );
  assert.deepEqual(await reader.findings({ minSeverity: 5 }), []);
  assert.equal((await reader.findings({ rule: 'rule-1' })).length, 2);
});

test('any query gives what a plain filter over everything gives', async () => {
  const kinds: EventKind[] = ['file.create', 'file.write', 'dns.query'];
  const batches = fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      time: fc.integer({ min: 0, max: 100 }),
      count: fc.integer({ min: 1, max: 20 }),
      flush: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const queries = fc.record({
    from: maybe(fc.integer({ min: 0, max: 100 })),
    to: maybe(fc.integer({ min: 0, max: 100 })),
    kinds: maybe(fc.subarray(kinds)),
    afterSequence: maybe(fc.integer({ min: 0, max: 150 })),
    beforeSequence: maybe(fc.integer({ min: 0, max: 150 })),
    limit: maybe(fc.integer({ min: 0, max: 50 })),
    order: fc.constantFrom('ascending' as const, 'descending' as const),
  });
  const folder = temporaryFolder();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(batches, fc.array(queries, { minLength: 5, maxLength: 5 }), async (written, asked) => {
      number += 1;
      const directory = join(folder, String(number));
      const recorder = await openRecorder({ directory, reserveBytes: 0 });
      const reader = openReader(directory);
      try {
        const expected: { sequence: number; kind: EventKind; time: number }[] = [];
        for (const { kind, time, count, flush } of written) {
          const first = recorder.append(sampleBatch(0, count, kind, time));
          for (let index = 0; index < count; index += 1)
            expected.push({ sequence: first + index, kind, time });
          if (flush) await recorder.flush();
        }
        await recorder.flush();
        for (const query of asked) {
          const wanted = expected.filter(
            one =>
              one.time >= (query.from ?? 0) &&
              one.time <= (query.to ?? 100) &&
              (query.kinds === undefined || query.kinds.includes(one.kind)) &&
              one.sequence > (query.afterSequence ?? 0) &&
              one.sequence < (query.beforeSequence ?? 1e9),
          );
          if (query.order === 'descending') wanted.reverse();
          const found = await all(reader.events(query));
          const plain = found.map(({ sequence, kind, time }) => ({ sequence, kind, time }));
          assert.deepEqual(plain, wanted.slice(0, query.limit));
        }
      } finally {
        reader.close();
        await recorder.close();
      }
    }),
    { numRuns: 25 },
  );
});

test('a reader in another process follows while this one writes', async context => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory, flushInterval: 20 });
  context.after(() => recorder.close());
  const total = 20_000;
  const source = `import { openReader } from '@redoubt/store';
    const reader = openReader(${JSON.stringify(directory)});
    let last = 0;
    while (last < ${total}) {
      for await (const event of reader.events({ afterSequence: last })) {
        if (event.sequence !== last + 1 || event.get('file.inode') !== String(event.sequence)) process.exit(1);
        last = event.sequence;
      }
    }
    console.log(last);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', source], { cwd: import.meta.dirname });
  context.after(() => other.kill('SIGKILL'));
  let printed = '';
  other.stdout.on('data', data => {
    printed += data;
  });
  const ended = new Promise(resolve => other.on('exit', resolve));
  for (let first = 1; first <= total; first += 100) {
    recorder.append(sampleBatch(first, 100));
    if (first % 1000 === 1) await new Promise(resolve => setTimeout(resolve, 10));
  }
  assert.equal(await ended, 0);
  assert.equal(printed.trim(), String(total));
});
