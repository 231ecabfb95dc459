/** From a feed to a set: reports, replacing, adding, withdrawing, expiry, and the thread that does it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildEvent, viewOf } from '@redoubt/model';
import type { ImportProgress } from '../../src/intelligence/import/import-feed.ts';
import { IndicatorLibrary } from '../../src/intelligence/library.ts';
import type { IndicatorSet } from '../../src/intelligence/set/indicator-set.ts';
import { now, Workbench } from './support.ts';

const day = 86_400_000;
const values = (set: IndicatorSet, source?: string): string[] =>
  [...set.hits()]
    .map(hit => set.indicator(hit))
    .filter(indicator => source === undefined || indicator.source === source)
    .map(indicator => indicator.value)
    .sort();

test('a report says what was taken, refused and why, with lines', async context => {
  const bench = new Workbench(context);
  const report = await bench.plain('list', [
    '45.0.0.1',
    '45.0.0.1',
    '10.0.0.1',
    'co.uk',
    '# x',
    'bad.example',
    'a b',
  ]);
  assert.equal(report.taken, 2);
  assert.equal(report.fresh, 2);
  assert.equal(report.duplicates, 1);
  assert.equal(report.refused, 3);
  assert.deepEqual(report.kinds, { ipv4: 1, domain_tree: 1 });
  assert.deepEqual(
    report.refusals.map(({ place, text }) => [place, text]),
    [
      ['line 3', '10.0.0.1'],
      ['line 4', 'co.uk'],
      ['line 7', 'a b'],
    ],
  );
  assert.equal(
    Object.values(report.reasons).reduce((sum, count) => sum + count, 0),
    3,
  );
});

test('replacing keeps the other sources and when an indicator first came; adding keeps all', async context => {
  const bench = new Workbench(context);
  await bench.plain('one', ['45.0.0.1', '45.0.0.2']);
  await bench.plain('two', ['45.0.0.1']);
  const later = await bench.plain('one', ['45.0.0.2', '45.0.0.3'], { now: now + day });
  assert.equal(later.fresh, 1);
  let set = await bench.set();
  assert.deepEqual(values(set, 'one'), ['45.0.0.2', '45.0.0.3']);
  assert.deepEqual(values(set, 'two'), ['45.0.0.1']);
  const added = [...set.hits()]
    .map(hit => set.indicator(hit))
    .filter(({ source }) => source === 'one')
    .map(({ value, addedAt }) => [value, addedAt]);
  assert.deepEqual(added.sort(), [
    ['45.0.0.2', now],
    ['45.0.0.3', now + day],
  ]);
  const more = await bench.plain('one', ['45.0.0.3', '45.0.0.4'], { mode: 'add' });
  assert.deepEqual([more.taken, more.duplicates, more.indicators], [1, 1, 3]);
  set = await bench.set();
  assert.deepEqual(values(set, 'one'), ['45.0.0.2', '45.0.0.3', '45.0.0.4']);
});

test('what has expired is not taken, and what expires goes', async context => {
  const bench = new Workbench(context);
  const csv = (until: number) => new Date(until).toISOString();
  const path = bench.feed(
    'x.csv',
    `value,valid_until\n45.0.0.1,${csv(now - 1)}\n45.0.0.2,${csv(now + day)}\n45.0.0.3,\n`,
  );
  const report = await bench.import({ source: { name: 'x' }, input: { format: 'csv', path } });
  assert.deepEqual([report.expired, report.taken], [1, 2]);
  const library = await IndicatorLibrary.open(bench.path);
  assert.equal(await library.expire(now + 2 * day), 1);
  assert.deepEqual(values(library.set), ['45.0.0.3']);
  const short = await bench.plain('short', ['45.0.0.9'], { source: { name: 'short', validDays: 1 } });
  assert.equal(short.taken, 1);
  const set = await bench.set();
  const [hit] = set.exactly({ kind: 'ipv4', words: [(45 << 24) | 9], prefix: 32, port: 0 });
  assert.ok(hit !== undefined);
  assert.equal(set.indicator(hit).validUntil, now + day);
});

test('STIX: what is revoked is taken away, from this source only', async context => {
  const bench = new Workbench(context);
  const bundle = (revoked: boolean) =>
    JSON.stringify({
      type: 'bundle',
      objects: ['45.0.0.1', '45.0.0.2'].map(value => ({
        type: 'indicator',
        id: `indicator--${value}`,
        pattern: `[ipv4-addr:value = '${value}']`,
        pattern_type: 'stix',
        revoked: revoked && value === '45.0.0.1',
      })),
    });
  await bench.plain('other', ['45.0.0.1']);
  const request = (revoked: boolean) => ({
    source: { name: 'stix' },
    mode: 'add' as const,
    input: { format: 'stix' as const, path: bench.feed('b.json', bundle(revoked)) },
  });
  await bench.import(request(false));
  const report = await bench.import(request(true));
  assert.equal(report.withdrawn, 1);
  const set = await bench.set();
  assert.deepEqual(values(set, 'stix'), ['45.0.0.2']);
  assert.deepEqual(values(set, 'other'), ['45.0.0.1']);
});

test('a damaged feed changes nothing and is named with its place', async context => {
  const bench = new Workbench(context);
  await bench.plain('one', ['45.0.0.1']);
  const before = readFileSync(bench.path);
  const path = bench.feed('cut.json', '{"type":"bundle","objects":[{"type":"indicator"}');
  const input = { format: 'stix' as const, path };
  await assert.rejects(
    bench.import({ source: { name: 'one' }, input }),
    /cut\.json: byte 48: cut off after 1 whole/,
  );
  assert.deepEqual(readFileSync(bench.path), before);
  const library = await IndicatorLibrary.open(bench.path);
  await assert.rejects(library.import({ source: { name: 'one' }, input }), {
    name: 'FeedDamage',
    message: /cut\.json: byte 48/,
  });
  await assert.rejects(
    library.import({ source: { name: 'one' }, input: { format: 'plain', path: `${path}.none` } }),
    /ENOENT.*cut\.json\.none/,
  );
  assert.deepEqual(values(library.set), ['45.0.0.1']);
});

test('a feed that gives nothing does not empty its source; a source may be removed by name', async context => {
  const bench = new Workbench(context);
  await bench.plain('one', ['45.0.0.1']);
  await assert.rejects(
    bench.plain('one', ['<html>', 'Not found </html>']),
    /one\.txt: no indicator in it \(0 expired, 2 refused; line 1: neither a digest .*\): the source stays/,
  );
  assert.deepEqual(values(await bench.set()), ['45.0.0.1']);
  assert.equal((await bench.plain('new', ['nothing'])).refused, 1);
});

test('sources stay known while they have no indicators, through imports of others', async context => {
  const bench = new Workbench(context);
  const library = await IndicatorLibrary.open(bench.path);
  const feed = (name: string, text: string) =>
    library.import({
      source: { name, validDays: 1 },
      input: { format: 'plain', path: bench.feed(name, text) },
      now,
    });
  await feed('short', '45.0.0.1');
  await library.hold('short', true);
  assert.equal(await library.expire(now + 2 * day), 1);
  await feed('other', '45.0.0.2');
  assert.deepEqual(
    library.sources.map(({ name, held }) => [name, held]),
    [
      ['short', true],
      ['other', false],
    ],
  );
  assert.equal(await library.remove('short'), 0);
  assert.deepEqual(
    library.sources.map(({ name }) => name),
    ['other'],
  );
});

test('a limit on indicators refuses what comes after', async context => {
  const bench = new Workbench(context);
  const report = await bench.plain('x', ['45.0.0.1', '45.0.0.2', '45.0.0.3'], {
    source: { name: 'x', limit: 2 },
  });
  assert.deepEqual([report.taken, report.refused], [2, 1]);
  assert.match(report.refusals[0]?.reason ?? '', /limit of 2 indicators/);
});

test('the library imports in a thread with progress, one at a time, and tells of every new set', async context => {
  const bench = new Workbench(context);
  const sets: IndicatorSet[] = [];
  const library = await IndicatorLibrary.open(bench.path, set => sets.push(set));
  const lines = Array.from({ length: 20_000 }, (_, n) => `host${n}.bad.example`);
  const path = bench.feed('many.txt', lines.join('\n'));
  const progress: ImportProgress[] = [];
  const [first, second] = await Promise.all([
    library.import(
      { source: { name: 'many' }, input: { format: 'plain', path } },
      { onProgress: p => progress.push(p) },
    ),
    library.import({
      source: { name: 'few' },
      input: { format: 'plain', path: bench.feed('few.txt', '45.0.0.1') },
    }),
  ]);
  assert.equal(first.taken, 20_000);
  assert.equal(second.taken, 1);
  assert.equal(library.set.count(), 20_001);
  assert.equal(sets.length, 2);
  assert.ok(progress.some(({ step }) => step === 'writing'));
  assert.ok(progress.every(({ done, total }) => total === undefined || done <= total));
  assert.equal(await library.remove('many'), 20_000);
  assert.deepEqual(values(library.set), ['45.0.0.1']);
  await library.hold('few', true);
  assert.equal((await bench.set()).sources.find(({ name }) => name === 'few')?.held, true);
  await assert.rejects(library.hold('none', true), /no source "none"/);
});

test('an import that is told of recent events says whether the source is too broad', async context => {
  const bench = new Workbench(context);
  const library = await IndicatorLibrary.open(bench.path);
  async function* recent() {
    for (let n = 0; n < 100; n++)
      yield viewOf(buildEvent('dns.query', now, { query: { hostname: `h${n % 4}.cdn.example` } }));
  }
  const path = bench.feed('broad.txt', 'h1.cdn.example');
  const request = { source: { name: 'broad' }, input: { format: 'plain' as const, path } };
  const { breadth } = await library.import(request, { recent: recent() });
  assert.deepEqual(breadth, {
    events: 100,
    matched: 25,
    bound: 0.01,
    isTooBroad: true,
    most: [{ value: 'h1.cdn.example', events: 25 }],
  });
});

test('an import that is aborted changes nothing', async context => {
  const bench = new Workbench(context);
  const library = await IndicatorLibrary.open(bench.path);
  const path = bench.feed(
    'many.txt',
    Array.from({ length: 200_000 }, (_, n) => `h${n}.bad.example`).join('\n'),
  );
  const aborter = new AbortController();
  const importing = library.import(
    { source: { name: 'many' }, input: { format: 'plain', path } },
    { signal: aborter.signal, onProgress: () => aborter.abort(new Error('enough')) },
  );
  await assert.rejects(importing, /enough/);
  assert.equal(existsSync(bench.path), false);
  assert.equal(library.set.count(), 0);
});
