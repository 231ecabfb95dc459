/** Findings: counted, bounded, in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, Finding, viewOf } from '@redoubt/model';
import { Value } from 'typebox/value';
import { createDetector, RuleSet } from '../src/index.ts';

const rules = (...texts: string[]): RuleSet =>
  RuleSet.of(texts.map((text, index) => ({ name: `${index}.yml`, text })));
const rule = `
title: A shell
name: shell
level: high
tags: [attack.execution, attack.t1059.004]
logsource: {product: linux, category: process_creation}
detection:
  selection: {Image|endswith: [/sh, /bash], CommandLine|contains: ' -c '}
  filter: {User: root}
  condition: selection and not filter
redoubt:
  title_zh: 一个 shell
  mlps: ['8.1.4.4']
  reasons: {Image: {en: 'started {value}', zh: '启动了 {value}'}}
`;
const run = (pid: number, path: string, time = pid) =>
  viewOf(buildEvent('process.exec', time, { process: { pid, cmd_line: 'sh -c id', file: { path } } }));

test('a finding fits the schema, carries its event and says why in both languages', () => {
  const found: Finding[] = [];
  const detector = createDetector(rules(rule), {
    onFinding: finding => found.push(finding),
    now: () => 5_000,
  });
  detector.evaluate(run(1, '/bin/sh'));
  const [finding] = found;
  assert.ok(
    finding !== undefined && Value.Check(Finding, finding),
    JSON.stringify([...Value.Errors(Finding, finding)]),
  );
  assert.deepEqual(finding.redoubt.reasons, [
    { field: 'process.file.path', value: '/bin/sh', text: { en: 'started /bin/sh', zh: '启动了 /bin/sh' } },
    {
      field: 'process.cmd_line',
      value: 'sh -c id',
      text: { en: 'The command line fits “* -c *”: sh -c id', zh: '命令行符合“* -c *”：sh -c id' },
    },
  ]);
  assert.deepEqual(
    [finding.severity_id, finding.time, finding.redoubt.title.zh, finding.compliance?.requirements],
    [4, 5_000, '一个 shell', ['8.1.4.4']],
  );
  assert.equal(finding.evidences[0]?.process?.pid, 1);
  assert.equal(finding.finding_info.attacks[0]?.technique?.name, 'Unix Shell');
});

test('the same subject is one finding that counts; updates come at powers of two, the rest at flush', () => {
  const found: Finding[] = [];
  const detector = createDetector(rules(rule), { onFinding: finding => found.push(finding), now: () => 0 });
  for (let pid = 1; pid <= 100; pid++) detector.evaluate(run(pid, '/bin/sh'));
  assert.deepEqual(
    found.map(finding => finding.count),
    [1, 2, 4, 8, 16, 32, 64],
  );
  detector.flush();
  assert.equal(found.at(-1)?.count, 100);
  assert.equal(new Set(found.map(finding => finding.finding_info.uid)).size, 1);
  const length = found.length;
  detector.flush();
  assert.equal(found.length, length);
});

test('a finding that is closed is followed by a new one, even when the budget is used up', () => {
  const found: Finding[] = [];
  const detector = createDetector(rules(rule), {
    onFinding: finding => found.push(finding),
    now: () => 0,
    burst: 1,
  });
  detector.evaluate(run(1, '/bin/sh'));
  detector.close(found[0]?.redoubt.dedup_key ?? '');
  detector.evaluate(run(2, '/bin/sh'));
  assert.deepEqual(
    found.map(finding => [finding.activity_id, finding.count]),
    [
      [1, 1],
      [1, 1],
    ],
  );
});

test('after the window a new finding begins', () => {
  const found: Finding[] = [];
  const detector = createDetector(rules(rule), {
    onFinding: finding => found.push(finding),
    now: () => 0,
    dedupWindow: 1_000,
  });
  detector.evaluate(run(1, '/bin/sh', 0));
  detector.evaluate(run(2, '/bin/sh', 2_000));
  assert.deepEqual(
    found.map(finding => [finding.activity_id, finding.count]),
    [
      [1, 1],
      [1, 1],
    ],
  );
});

test('a noisy rule cannot flood: what is over its budget is counted in its latest finding, and said', () => {
  const found: Finding[] = [];
  let now = 0;
  const detector = createDetector(rules(rule), {
    onFinding: finding => found.push(finding),
    now: () => now,
    burst: 5,
    refill: 10_000,
  });
  for (let pid = 1; pid <= 1_000; pid++) detector.evaluate(run(pid, `/tmp/${pid}/sh`));
  detector.flush();
  assert.equal(found.filter(finding => finding.activity_id === 1).length, 5);
  const last = found.at(-1);
  assert.equal(last?.count, 996);
  assert.deepEqual(
    last?.redoubt.reasons.filter(reason => reason.field === 'suppressed').map(reason => reason.value),
    ['995'],
  );
  now = 25_000;
  for (let pid = 1; pid <= 10; pid++) detector.evaluate(run(pid, `/srv/${pid}/sh`));
  assert.equal(found.filter(finding => finding.activity_id === 1).length, 7);
});

test('a correlation makes a finding of its own; a rule that only feeds it makes none', () => {
  const found: Finding[] = [];
  const correlation =
    'title: Many\nname: many\ncorrelation:\n  type: event_count\n  rules: [shell]\n  group-by: [Image]\n  timespan: 1m\n  condition: {gte: 3}\n';
  const detector = createDetector(rules(rule, correlation), { onFinding: finding => found.push(finding) });
  for (let pid = 1; pid <= 4; pid++) detector.evaluate(run(pid, '/bin/sh'));
  assert.deepEqual(
    found.map(finding => [
      finding.finding_info.analytic.uid,
      finding.count,
      finding.finding_info.first_seen_time,
    ]),
    [['many', 3, 1]],
  );
  assert.match(
    found[0]?.redoubt.reasons.map(reason => reason.text.en).join() ?? '',
    /3 \(events.*All for the program \/bin\/sh/,
  );
});

test('a correlation with an upper bound is judged at flush and keeps its last event', () => {
  const found: Finding[] = [];
  const correlation =
    'title: Few\nname: few\ncorrelation:\n  type: event_count\n  rules: [shell]\n  group-by: [Image]\n  timespan: 1s\n  condition: {lt: 3}\n';
  const detector = createDetector(rules(rule, correlation), {
    onFinding: finding => found.push(finding),
    correlation: { lateness: 0 },
  });
  detector.evaluate(run(1, '/bin/sh', 0));
  detector.evaluate(run(2, '/bin/bash', 5_000));
  detector.flush();
  assert.deepEqual(
    found.map(finding => [finding.count, finding.evidences[0]?.process?.pid]),
    [[1, 1]],
  );
});

test('a field that host events do not have is a warning with its place', () => {
  const { report } = rules(rule.replace('User: root', 'Imphash: x'));
  assert.deepEqual(
    report.warnings.map(({ reason, place }) => [reason, place.line]),
    [['host events of category process_creation have no field "Imphash"', 9]],
  );
});

test('statistics tell how often each rule was worked out and how often it matched', () => {
  const detector = createDetector(rules(rule), { onFinding: () => undefined });
  detector.evaluate(run(1, '/bin/sh'));
  detector.evaluate(run(2, '/bin/true'));
  const [statistics] = detector.statistics();
  assert.deepEqual([statistics?.rule.uid, statistics?.evaluations, statistics?.hits], ['shell', 1, 1]);
});

test('rules that name fields like parts of every object work and explain themselves', () => {
  const found: Finding[] = [];
  const odd = rule
    .replaceAll('CommandLine|contains', 'constructor|exists')
    .replace("' -c '", 'false')
    .replace('User: root', '__proto__: x');
  const detector = createDetector(rules(odd), { onFinding: finding => found.push(finding) });
  detector.evaluate(run(1, '/bin/sh'));
  assert.match(found[0]?.redoubt.reasons[1]?.text.en ?? '', /Constructor is absent/);
});

test('lines that ask for the kind of event are decided once for each kind', () => {
  const found: string[] = [];
  const kinds = rule
    .replace('category: process_creation', 'category: file_activity')
    .replace(
      "selection: {Image|endswith: [/sh, /bash], CommandLine|contains: ' -c '}",
      'selection: {EventKind: [file.unlink, file.rename]}\n  other: {TargetFilename: /x, metadata.event_code|neq: file.unlink}',
    )
    .replace('filter: {User: root}', 'filter: {EventKind: file.rename, User: root}')
    .replace('selection and not filter', '(selection or other) and not filter');
  const detector = createDetector(rules(kinds), {
    onFinding: finding => found.push(finding.evidences[0]?.file?.path ?? ''),
  });
  const event = (kind: 'file.unlink' | 'file.rename' | 'file.write', path: string, name = 'bob') =>
    detector.evaluate(
      viewOf(buildEvent(kind, 1, { file: { path }, actor: { process: { user: { name } } } })),
    );
  event('file.unlink', '/a', 'root');
  event('file.rename', '/b');
  event('file.rename', '/c', 'root');
  event('file.write', '/d');
  event('file.write', '/x');
  assert.deepEqual(found, ['/a', '/b', '/x']);
});

test('an event that stands for many counts as many, in a finding and in a correlation', () => {
  const texts = `
title: Connects
name: connects
logsource: {product: linux, category: network_connection}
detection: {s: {DestinationPort: 22}, condition: s}
---
title: Many
name: many
correlation: {type: event_count, rules: [connects], generate: true, timespan: 1m, condition: {gte: 50}}
`;
  const found: Finding[] = [];
  const detector = createDetector(rules(texts), { onFinding: finding => found.push(finding), now: () => 1 });
  for (const [time, count] of [
    [1, undefined],
    [2, 48],
    [3, 7],
  ] as const) {
    const event = { dst_endpoint: { port: 22 }, ...(count !== undefined && { count }) };
    detector.evaluate(viewOf(buildEvent('network.connect', time, event)));
  }
  detector.flush();
  const counts = found.map(({ finding_info, count }) => `${finding_info.analytic.name}: ${count}`);
  assert.deepEqual([counts.at(0), counts.at(-1)], ['Connects: 1', 'Connects: 56'], counts.join());
  assert.ok(counts.includes('Many: 56'), counts.join());
});
