/** Parts of the agent that need no host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, type Event, type Finding, viewOf } from '@redoubt/model';
import fc from 'fast-check';
import { LiveHub } from '../src/api/live.ts';
import { isLoopbackHost, Sessions } from '../src/api/session.ts';
import { FindingCompletion, type LateFacts } from '../src/pipeline/completion.ts';
import { LatencyHistogram } from '../src/pipeline/latency.ts';
import { StoredLatency } from '../src/pipeline/stored-latency.ts';

test('percentiles are right to the width of a bucket', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (samples, share) => {
        const histogram = new LatencyHistogram();
        for (const sample of samples) histogram.add(sample);
        const sorted = samples.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] ?? 0;
        const told = histogram.percentile(share) ?? Number.NaN;
        assert.ok(told >= exact * 0.99 && told <= exact * 1.1 + 0.002, `${told} for ${exact}`);
      },
    ),
  );
});

test('a histogram without samples has no percentiles; clocks that go back count as nothing', () => {
  const histogram = new LatencyHistogram();
  assert.equal(histogram.percentile(0.5), null);
  histogram.add(-5);
  assert.ok((histogram.percentile(1) ?? 1) < 0.02);
});

test('a batch counts as stored once all before it are settled', () => {
  const latency = new StoredLatency();
  const batch = (count: number, firstTime: number) => ({
    firstSequence: 0,
    batch: { format: 'x', bytes: new Uint8Array(), count, firstTime, lastTime: firstTime, kinds: [] },
  });
  latency.appended(batch(10, Date.now() - 1000));
  latency.appended(batch(5, Date.now()));
  latency.settled(9);
  assert.equal(latency.histogram.percentile(1), null);
  latency.settled(10);
  assert.ok((latency.histogram.percentile(1) ?? 0) >= 1000);
});

test('host headers of other names are told apart from loopback', () => {
  for (const good of ['127.0.0.1', '127.0.0.1:7400', 'localhost:1', '[::1]:7400'])
    assert.ok(isLoopbackHost(good));
  for (const bad of [
    undefined,
    '',
    'localhost.evil',
    '127.0.0.1.evil:80',
    'x@localhost',
    '[::1',
    '10.0.0.1',
  ]) {
    assert.ok(!isLoopbackHost(bad), `${bad}`);
  }
});

test('a session opens with the token only', () => {
  const sessions = new Sessions();
  assert.equal(sessions.open(''), undefined);
  const cookie = sessions.open(sessions.token);
  assert.ok(cookie);
  assert.ok(sessions.allows(cookie, undefined));
  assert.ok(sessions.allows(undefined, `Bearer ${sessions.token}`));
  assert.ok(!sessions.allows(sessions.token, undefined));
  assert.ok(!sessions.allows(undefined, sessions.token));
});

function listener(hub: LiveHub, takes: () => boolean = () => true) {
  const got: { name: string; data: unknown }[] = [];
  const leave = hub.join({
    topics: new Set(['events']),
    wants: view => view.kind === 'file.create',
    send(name, data) {
      got.push({ name, data });
      return takes();
    },
  });
  return { got, leave };
}

test('a listener gets what it wants up to its allowance, and is told what was skipped', () => {
  const hub = new LiveHub();
  assert.equal(hub.wantsEvents, false);
  const { got, leave } = listener(hub);
  assert.equal(hub.wantsEvents, true);
  for (let sequence = 0; sequence < 70; sequence++) {
    hub.event(viewOf(buildEvent('file.create', 0)), sequence);
    hub.event(viewOf(buildEvent('file.unlink', 0)), sequence);
  }
  assert.equal(got.length, 50);
  assert.equal((got[49] as { data: Event }).data.metadata.sequence, 49);
  hub.tick(() => assert.fail('nobody asked for the summary'));
  assert.deepEqual(got.at(-1), { name: 'skipped', data: { count: 20 } });
  leave();
  assert.equal(hub.wantsEvents, false);
});

test('a listener that does not keep up costs no memory: events to it are skipped and counted', () => {
  const hub = new LiveHub();
  const { got } = listener(hub, () => false);
  for (let sequence = 0; sequence < 10; sequence++) hub.event(viewOf(buildEvent('file.create', 0)), sequence);
  assert.equal(got.length, 1);
  hub.tick(() => assert.fail());
  assert.deepEqual(got.at(-1), { name: 'skipped', data: { count: 9 } });
});

function findingAbout(path: string): Finding {
  const info = {
    uid: 'f',
    title: 't',
    analytic: { uid: 'r', name: 'r', type_id: 1 },
    attacks: [],
    created_time: 0,
    first_seen_time: 0,
    last_seen_time: 0,
  };
  const both = { en: 'e', zh: '中' };
  const parent = { uid: '1:1', pid: 1, file: { path: '/sbin/init' } };
  return {
    class_uid: 2004,
    category_uid: 2,
    activity_id: 1,
    type_uid: 200_401,
    time: 0,
    severity_id: 3,
    status_id: 1,
    message: 'm',
    count: 1,
    metadata: { version: '1.6.0', product: { name: 'x', vendor_name: 'x' }, uid: 'f' },
    finding_info: info,
    evidences: [{ process: { uid: '2:2', pid: 2, file: { path }, ancestry: [parent] } }],
    redoubt: {
      title: both,
      description: both,
      reasons: [{ field: 'f', value: 'v', text: both }],
      dedup_key: 'k',
    },
  };
}

test('a finding goes out at once and again when the hash is known', () => {
  const known = new Map<string, LateFacts>();
  const completion = new FindingCompletion((uid, path) => known.get(`${uid} ${path}`));
  known.set('1:1 /sbin/init', { sha256: 'aa', package: null });
  const first = completion.complete(findingAbout('/tmp/x'));
  assert.equal(first.evidences[0]?.process?.file?.hashes, undefined);
  assert.equal(first.evidences[0]?.process?.ancestry?.[0]?.file?.hashes?.[0]?.value, 'aa');
  assert.deepEqual(completion.poll(), []);
  known.set('2:2 /tmp/x', { sha256: 'bb', package: { name: 'coreutils', type: 'dpkg' } });
  const [second] = completion.poll();
  assert.equal(second?.activity_id, 2);
  assert.equal(second?.evidences[0]?.process?.file?.hashes?.[0]?.value, 'bb');
  assert.equal(second?.evidences[0]?.process?.file?.package?.name, 'coreutils');
  assert.equal(completion.waits, false);
});

test('a later state of a finding keeps the facts that were found for it', () => {
  const completion = new FindingCompletion(() => ({ sha256: 'bb', package: undefined }));
  const again = completion.complete({ ...findingAbout('/tmp/x'), count: 7, activity_id: 2 });
  assert.equal(again.evidences[0]?.process?.file?.hashes?.[0]?.value, 'bb');
  assert.equal(again.count, 7);
});
