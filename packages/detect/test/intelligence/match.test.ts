/** Events against indicators: sightings, findings, and hunts over history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, type Event, type EventKind, type EventView, Finding, viewOf } from '@redoubt/model';
import { Value } from 'typebox/value';
import { createIndicatorMatcher } from '../../src/intelligence/match/matcher.ts';
import { breadthOf, retroHunt } from '../../src/intelligence/match/retro-hunt.ts';
import { Sighter } from '../../src/intelligence/match/sighter.ts';
import type { IndicatorSet } from '../../src/intelligence/set/indicator-set.ts';
import { now, Workbench } from './support.ts';

const sha256 = `${'ab'.repeat(31)}cd`;
const md5 = `${'ef'.repeat(15)}01`;
const ja4 = 't13d1516h2_8daaf6152771_b186095e22b6';
const day = 86_400_000;

const view = (kind: EventKind, attributes: Partial<Event>, time = now): EventView =>
  viewOf(buildEvent(kind, time, attributes));

const csv = [
  'type,value,confidence,labels,description,valid_from,valid_until',
  `sha256,${sha256},90,attack.t1059.004,Loader,,`,
  `md5,${md5},60,,,,`,
  'ip,45.0.0.1:443,80,c2,Panel,,',
  'ip,45.0.1.0/24,40,,Network,,',
  'domain,evil.example,75,,,2026-05-20,2026-06-20',
  'url,http://files.example/drop/,70,,,,',
  `ja4,${ja4},20,,,,`,
  `x509-fingerprint-sha1,${'12'.repeat(20)},50,,,,`,
].join('\n');

async function makeSet(bench: Workbench): Promise<IndicatorSet> {
  await bench.import({ source: { name: 'feed' }, input: { format: 'csv', path: bench.feed('f.csv', csv) } });
  return bench.set();
}

const connection = (ip: string, port: number, time = now): EventView =>
  view(
    'network.connect',
    {
      src_endpoint: { ip: '10.0.0.5', port: 40_000 },
      dst_endpoint: { ip, port },
      actor: { process: { uid: '7:1' } },
    },
    time,
  );

test('each kind of event is looked at where it can have an indicator', async context => {
  const sighter = new Sighter(await makeSet(new Workbench(context)));
  const http = (url: object): EventView => view('http.request', { http_request: { url } });
  const rows: readonly (readonly [EventView, string[]])[] = [
    [connection('45.0.0.1', 443), ['dst_endpoint.ip 45.0.0.1|443']],
    [connection('45.0.0.1', 80), []],
    [connection('45.0.1.77', 80), ['dst_endpoint.ip 45.0.1.0/24']],
    [view('network.accept', { src_endpoint: { ip: '45.0.1.1' } }), ['src_endpoint.ip 45.0.1.0/24']],
    [view('auth.logon', { src_endpoint: { ip: '45.0.1.1' } }), ['src_endpoint.ip 45.0.1.0/24']],
    [view('dns.query', { query: { hostname: 'A.B.Evil.Example.' } }), ['query.hostname evil.example']],
    [
      view('dns.answer', {
        query: { hostname: 'good.example' },
        answers: [
          { type: 'CNAME', rdata: 'x.evil.example' },
          { type: 'A', rdata: '45.0.1.9' },
        ],
      }),
      ['answers.rdata evil.example', 'answers.rdata 45.0.1.0/24'],
    ],
    [
      view('process.exec', { process: { file: { hashes: [{ algorithm_id: 3, value: sha256 }] } } }),
      [`process.file.hashes.value ${sha256}`],
    ],
    [
      view('process.exec', { unmapped: { Hashes: `SHA1=00,MD5=${md5.toUpperCase()}` } }),
      [`unmapped.Hashes ${md5}`],
    ],
    [
      http({ hostname: 'files.example', path: '/drop/x', query_string: 'y=1' }),
      ['http_request.url files.example/drop/'],
    ],
    [http({ url_string: 'https://files.example/drop/x' }), ['http_request.url files.example/drop/']],
    [http({ hostname: 'www.evil.example', path: '/' }), ['http_request.url.hostname evil.example']],
    [http({ path: '/drop/x' }), []],
    [view('network.traffic', { unmapped: { tls: { ja4 } } }), [`unmapped.tls.ja4 ${ja4}`]],
    [
      view('network.traffic', { unmapped: { tls: { fingerprint: new Array(20).fill('12').join(':') } } }),
      [`unmapped.tls.fingerprint ${'12'.repeat(20)}`],
    ],
    [view('file.read', { file: { path: '/x', hashes: [{ algorithm_id: 3, value: sha256 }] } }), []],
    [view('process.exit', {}), []],
  ];
  for (const [event, expected] of rows) {
    const seen = sighter.look(event).map(({ field, indicator }) => `${field} ${indicator.value}`);
    assert.deepEqual(seen, expected, JSON.stringify(event.toEvent()));
  }
});

test('validity counts at the time of the event, and a held source rests', async context => {
  const set = await makeSet(new Workbench(context));
  const asked = (time: number): EventView => view('dns.query', { query: { hostname: 'evil.example' } }, time);
  const times = [Date.UTC(2026, 4, 1), now, Date.UTC(2026, 6, 1)];
  const seen = (sighter: Sighter) => times.map(time => sighter.look(asked(time)).length);
  assert.deepEqual(seen(new Sighter(set)), [0, 1, 0]);
  assert.deepEqual(seen(new Sighter(set, { early: true })), [1, 1, 0]);
  set.sources = set.sources.map(source => ({ ...source, held: true }));
  assert.deepEqual(seen(new Sighter(set)), [0, 0, 0]);
});

test('findings name source, confidence and validity in both languages, once an indicator and process', async context => {
  const bench = new Workbench(context);
  await makeSet(bench);
  await bench.plain('second', ['45.0.0.1:443'], { source: { name: 'second', confidence: 30 } });
  const findings: Finding[] = [];
  let sightings = 0;
  const matcher = createIndicatorMatcher(await bench.set(), {
    onFinding: finding => findings.push(finding),
    onSighting: all => {
      sightings += all.length;
    },
    now: () => now,
  });
  for (let n = 0; n < 3; n++) matcher.evaluate(connection('45.0.0.1', 443, now + n));
  matcher.evaluate(connection('45.9.9.9', 443));
  matcher.flush();
  const [first] = findings;
  assert.ok(first !== undefined);
  assert.equal(new Set(findings.map(finding => finding.finding_info.uid)).size, 1);
  assert.equal(findings.at(-1)?.count, 3);
  assert.equal(sightings, 6);
  assert.deepEqual(matcher.counters, { lookedAt: 4, sightings: 6 });
  assert.equal(first.severity_id, 4);
  assert.equal(first.finding_info.analytic.uid, 'intelligence:feed');
  assert.deepEqual(first.finding_info.attacks, [{ tactic: { uid: 'TA0011', name: 'Command and Control' } }]);
  assert.equal(first.redoubt.dedup_key, 'intelligence|ipv4|45.0.0.1|443|7:1');
  assert.equal(first.redoubt.title.zh, '与威胁情报中的地址通信');
  assert.deepEqual(
    first.redoubt.reasons.map(({ text }) => text.en),
    [
      'The destination address 45.0.0.1 belongs to 45.0.0.1|443, which is listed by “feed” (confidence 80 of 100, valid until: no end): Panel; c2',
      'The destination address 45.0.0.1 belongs to 45.0.0.1|443, which is listed by “second” (confidence 30 of 100, valid until: no end)',
    ],
  );
  assert.match(
    first.redoubt.reasons[0]?.text.zh ?? '',
    /列于情报源“feed”（置信度 80\/100，有效期至：长期）：Panel; c2/,
  );
  assert.equal(first.evidences[0]?.dst_endpoint?.ip, '45.0.0.1');
});

test('labels name the technique, confidence gives the severity', async context => {
  const set = await makeSet(new Workbench(context));
  const findings: Finding[] = [];
  const matcher = createIndicatorMatcher(set, { onFinding: finding => findings.push(finding) });
  matcher.evaluate(
    view('process.exec', { process: { file: { hashes: [{ algorithm_id: 3, value: sha256 }] } } }),
  );
  matcher.evaluate(view('network.traffic', { unmapped: { tls: { ja4 } } }));
  assert.deepEqual(
    findings.map(({ severity_id, finding_info }) => [severity_id, finding_info.attacks[0]?.technique?.uid]),
    [
      [4, 'T1059.004'],
      [2, undefined],
    ],
  );
});

test('another set takes over while findings go on', async context => {
  const bench = new Workbench(context);
  const findings: Finding[] = [];
  const matcher = createIndicatorMatcher(await bench.set(), { onFinding: finding => findings.push(finding) });
  matcher.evaluate(connection('45.0.0.1', 443));
  assert.equal(findings.length, 0);
  matcher.replace(await makeSet(bench));
  matcher.evaluate(connection('45.0.0.1', 443));
  assert.equal(findings.length, 1);
});

async function* history(count: number): AsyncGenerator<EventView> {
  for (let n = 0; n < count; n++) {
    yield view('file.read', { file: { path: '/x' } }, now - day + n);
    yield connection(n % 10 === 0 ? '45.0.1.3' : '46.0.0.1', 443, now - day + n);
  }
}

test('a hunt over history finds what came before the feed, only of the wanted source and age', async context => {
  const bench = new Workbench(context);
  const set = await makeSet(bench);
  const times: number[] = [];
  const report = await retroHunt(set, history(100), {
    onSighting: ([first]) => times.push(first?.time ?? 0),
  });
  assert.deepEqual(report, {
    events: 200,
    lookedAt: 100,
    matched: 10,
    sightings: 10,
    most: [{ value: '45.0.1.0/24', events: 10 }],
  });
  assert.equal(times[1], now - day + 10);
  assert.equal((await retroHunt(set, history(20), { sources: new Set(['other']) })).matched, 0);
  assert.equal((await retroHunt(set, history(20), { addedSince: now + 1_000 })).matched, 0);
  assert.equal((await retroHunt(set, history(20), { addedSince: now })).matched, 2);
  const aborted = AbortSignal.abort(new Error('enough'));
  await assert.rejects(retroHunt(set, history(10), { signal: aborted }), /enough/);
});

test('a source that would match much of the traffic is flagged with what matched', async context => {
  const set = await makeSet(new Workbench(context));
  const breadth = await breadthOf(set, 'feed', history(1_000));
  assert.equal(breadth.isTooBroad, true);
  assert.deepEqual([breadth.events, breadth.matched], [1_000, 100]);
  assert.deepEqual(breadth.most, [{ value: '45.0.1.0/24', events: 100 }]);
  assert.equal((await breadthOf(set, 'feed', history(1_000), 0.2)).isTooBroad, false);
});

test('findings keep to the schema', async context => {
  const set = await makeSet(new Workbench(context));
  const matcher = createIndicatorMatcher(set, {
    onFinding: finding => assert.ok(Value.Check(Finding, finding), JSON.stringify(finding)),
  });
  matcher.evaluate(connection('45.0.0.1', 443));
  matcher.evaluate(view('dns.query', { query: { hostname: 'evil.example' } }));
  assert.equal(matcher.counters.sightings, 2);
});
