/** Flows: read from events, kept by day, simulated on the record. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildEvent, type Event, type EventKind, viewOf } from '@redoubt/model';
import { batchOfEvents, openReader, openRecorder } from '@redoubt/store';
import { segmentationImpact } from '../../src/segmentation/impact.ts';
import { type Flow, FlowStore, flowOf, flowsOfRecord, readPolicy } from '../../src/segmentation/index.ts';

const now = 1_800_000_000_000;

function event(kind: EventKind, from: string, to: string, more: Partial<Event> = {}): Event {
  const end = (text: string) => {
    const [ip = '', port] = text.split(' ');
    return { ip, ...(port !== undefined && { port: Number(port) }) };
  };
  return buildEvent(kind, now, {
    src_endpoint: end(from),
    dst_endpoint: end(to),
    connection_info: { protocol_name: kind === 'network.udp_send' ? 'udp' : 'tcp' },
    actor: { process: { pid: 7, file: { path: '/usr/bin/app' }, user: { uid: '33' } } },
    ...more,
  });
}

const read = (one: Event, namespace?: number): Flow | undefined => flowOf(viewOf(one), namespace);

test('a flow has its direction, its number, and who on this host', () => {
  const out = read(event('network.connect', '10.0.0.1 40000', '10.0.2.7 5432', { count: 12 }));
  assert.deepEqual(
    [out?.direction, out?.port, out?.count, out?.program, out?.user],
    ['out', 5432, 12, '/usr/bin/app', '33'],
  );
  assert.equal(read(event('network.accept', '10.0.9.9 40000', '10.0.0.1 22'))?.direction, 'in');
  const answer = read(event('network.udp_send', '10.0.0.1 514', '10.0.9.9 40000'));
  assert.deepEqual([answer?.direction, answer?.source, answer?.port], ['in', '10.0.9.9', 514]);
  const inside = event('network.connect', '172.17.0.2 40000', '10.0.2.7 5432', {
    unmapped: { network_namespace: 9 },
  });
  assert.equal(read(inside, 8)?.direction, 'forward');
  assert.equal(read(inside, 9)?.direction, 'out');
  for (const [from, to] of [
    ['127.0.0.1 1', '127.0.0.1 80'],
    ['10.0.0.1 1', '10.0.0.1 80'],
    ['10.0.0.1 1', '224.0.0.1 80'],
    ['10.0.0.1 1', '10.0.0.2'],
  ] as const)
    assert.equal(read(event('network.connect', from, to)), undefined, `${from} ${to}`);
  assert.equal(read(event('process.exec', '10.0.0.1 1', '10.0.0.2 80')), undefined);
});

test('the inventory adds up, survives a restart, and counts what it cannot keep', context => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-flows-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const flow = read(event('network.connect', '10.0.0.1 40000', '10.0.2.7 5432')) as Flow;
  const first = new FlowStore(folder, { waiting: 2, perDay: 3 });
  for (let n = 0; n < 3; n++) first.add(flow);
  for (let port = 1; port <= 5; port++) first.add({ ...flow, port });
  first.close();
  const store = new FlowStore(folder);
  const counts = store.flows().map(({ port, count }) => [port, count]);
  assert.deepEqual(counts[0], [5432, 3]);
  assert.equal(counts.length, 3, 'the bound of a day');
  store.add({ ...flow, last: now + 5 });
  store.flush();
  const [most] = store.flows({ from: now + 1 });
  assert.deepEqual([most?.count, most?.first, most?.last], [4, now, now + 5]);
  assert.deepEqual(store.flows({ from: now + 6 }), []);
  store.close();
  assert.equal(first.counters().unkept, 3);
});

test('a policy is simulated on the record, and so are flows of a past period', async context => {
  const directory = mkdtempSync(join(tmpdir(), 'redoubt-flows-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const recorder = await openRecorder({ directory });
  recorder.append(
    batchOfEvents([
      event('network.connect', '10.0.0.1 40000', '10.0.2.7 5432', { count: 10 }),
      event('network.connect', '10.0.0.1 40000', '10.0.2.7 22'),
      event('network.connect', '10.0.0.1 40001', '10.0.2.7 22'),
      event('network.accept', '10.0.9.9 40000', '10.0.0.1 22'),
    ]),
  );
  await recorder.flush();
  const reader = openReader(directory);
  context.after(async () => {
    reader.close();
    await recorder.close();
  });
  const policy = readPolicy({
    version: 1,
    zones: { data: ['10.0.2.0/24'] },
    default: { outbound: 'deny' },
    rules: [{ from: 'own', to: 'data', protocol: 'tcp', ports: [5432] }],
  });
  const period = {
    reader,
    from: now - 1,
    to: now + 1,
    signal: new AbortController().signal,
    onProgress() {},
  };
  const impact = await segmentationImpact(policy, period);
  assert.deepEqual([impact.examined, impact.blocked, impact.groups.length], [13, 2, 1]);
  const [group] = impact.groups;
  assert.equal(group?.count, 2);
  assert.deepEqual(group?.rule, { from: 'own', to: 'data', protocol: 'tcp', ports: ['22'], user: '33' });
  const recorded = await flowsOfRecord(reader, { from: now - 1 });
  assert.deepEqual(
    recorded.flows.map(({ direction, port, count }) => [direction, port, count]),
    [
      ['out', 5432, 10],
      ['out', 22, 2],
      ['in', 22, 1],
    ],
  );
});
