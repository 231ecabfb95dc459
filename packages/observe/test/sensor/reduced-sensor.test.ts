import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventView } from '@redoubt/model';
import { decodeJsonLines } from '@redoubt/model';
import fc from 'fast-check';
import { ReducedSensor } from '../../src/index.ts';
import { parseSockets, readListeners, socketOwners } from '../../src/sensor/listeners.ts';
import { Collector } from './collector.ts';

test('processes, files and listeners, without privileges and marked as reduced', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'reduced-'));
  const sensor = new ReducedSensor({ interval: 50, watched: [folder] });
  const seen = new Collector();
  await sensor.start(seen);
  context.after(async () => {
    await sensor.stop();
    rmSync(folder, { recursive: true });
  });
  assert.equal(sensor.status().reduced, true);
  assert.ok(sensor.status().limits.every(({ en, zh }) => en !== '' && zh !== ''));

  const child = spawn('/bin/sleep', ['601']);
  context.after(() => child.kill('SIGKILL'));
  const started = await seen.until(
    view => view.kind === 'process.exec' && view.get('process.cmd_line') === '/bin/sleep 601',
  );
  assert.equal(started.get('process.pid'), child.pid);
  assert.equal(started.get('process.parent_process.pid'), process.pid);
  assert.equal(started.get('unmapped.reduced'), true);
  child.kill('SIGKILL');
  await seen.until(view => view.kind === 'process.exit' && view.get('process.pid') === child.pid);

  const file = join(folder, 'dropped');
  const onFile = (kind: string) => (view: EventView) => view.kind === kind && view.get('file.path') === file;
  writeFileSync(file, 'one');
  await seen.until(onFile('file.create'));
  writeFileSync(file, 'two');
  await seen.until(onFile('file.write'));
  unlinkSync(file);
  await seen.until(onFile('file.unlink'));

  const server = createServer().listen(0, '127.0.0.1');
  context.after(() => server.close());
  await new Promise(resolve => server.once('listening', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const listening = await seen.until(
    view => view.kind === 'network.listen' && view.get('dst_endpoint.port') === address.port,
  );
  assert.equal(listening.get('dst_endpoint.ip'), '127.0.0.1');
  assert.equal(listening.get('actor.process.pid'), process.pid);

  for (const batch of seen.batches) {
    assert.equal(batch.format, 'ocsf-json');
    assert.deepEqual(
      [...decodeJsonLines(batch.bytes)].map(view => view.kind),
      [...batch.views()].map(view => view.kind),
    );
  }
  assert.equal(sensor.status().events, seen.views().length);
  assert.ok([...seen.rows().values()].some(row => row.pid === child.pid && row.end_time !== undefined));
});

test('it starts again after a stop, and refuses to start twice', async () => {
  const sensor = new ReducedSensor({ interval: 50, watched: [] });
  await sensor.start(new Collector());
  await assert.rejects(sensor.start(new Collector()), /running already/);
  await sensor.stop();
  await sensor.stop();
  await sensor.start(new Collector());
  assert.equal(sensor.status().state, 'running');
  await sensor.stop();
});

test('sockets of /proc/net: those that listen, with their owner', async context => {
  const server = createServer().listen(0, '::1');
  context.after(() => server.close());
  await new Promise(resolve => server.once('listening', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const found = readListeners().find(listener => listener.port === address.port);
  assert.deepEqual([found?.protocol, found?.ip], ['tcp', '::1']);
  const inode = found?.inode ?? 0;
  assert.equal(socketOwners(new Set([inode])).get(inode), process.pid);
});

test('lines of /proc/net as the kernel prints them, and as it does not', () => {
  const line =
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0';
  assert.deepEqual(parseSockets(`header\n${line}\n`, 'tcp'), [
    { protocol: 'tcp', ip: '127.0.0.1', port: 8080, inode: 4242 },
  ]);
  assert.deepEqual(parseSockets(line.replace(' 0A ', ' 01 '), 'tcp'), []);
  assert.deepEqual(parseSockets(line, 'udp'), []);
  fc.assert(fc.property(fc.string(), text => Array.isArray(parseSockets(text, 'tcp'))));
});
