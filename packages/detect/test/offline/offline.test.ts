/** Parts of detection over files: fields for correlations, order of gathering, Sigma as a filter. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildEvent, type Event, viewOf } from '@redoubt/model';
import fc from 'fast-check';
import { createDetector, RuleSet } from '../../src/index.ts';
import { findInputs, Gathering, sigmaFilter } from '../../src/offline/index.ts';
import { fieldsForCorrelations } from '../../src/offline/judge.ts';
import type { Sighting } from '../../src/offline/match.ts';

const rule = (name: string, detection: string): string =>
  `title: ${name}\nname: ${name}\nlogsource: {product: generic}\ndetection:\n  selection: ${detection}\n  condition: selection\n`;
const rules = RuleSet.of([
  {
    name: 'set.yml',
    text: [
      rule('first', '{step: 1}'),
      rule('second', '{step: 2}'),
      'title: pair\nname: pair\ncorrelation:\n  type: temporal_ordered\n  rules: [first, second]\n  aliases:\n    who: {first: user, second: account}\n  group-by: [who]\n  timespan: 1m\n',
      'title: pairs\nname: pairs\ncorrelation:\n  type: value_count\n  rules: [pair]\n  group-by: [site]\n  timespan: 1h\n  condition: {gte: 2, field: host}\n',
    ].join('---\n'),
  },
]);

test('a rule hands on what every correlation above it asks for', () => {
  assert.deepEqual(rules.report.refused, []);
  const fields = fieldsForCorrelations(rules);
  assert.deepEqual([...(fields.get('first') ?? [])].sort(), ['host', 'site', 'user']);
  assert.deepEqual([...(fields.get('second') ?? [])].sort(), ['account', 'host', 'site']);
});

const sighting = fc.record({
  rule: fc.constantFrom('first', 'second'),
  time: fc.integer({ min: 0, max: 200_000 }),
  who: fc.constantFrom('a', 'b'),
  host: fc.constantFrom('h1', 'h2'),
});

test('the order in which batches come does not matter, and the live engine agrees when they are in order', () => {
  fc.assert(
    fc.property(fc.array(sighting, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (drawn, order) => {
      const sightings = drawn.map(({ rule: name, time, who, host }, index): Sighting => {
        const fields = { user: who, account: who, host, site: 's' };
        const event = buildEvent('log.record', time, { unmapped: fields });
        return {
          rule: name,
          time,
          events: 1,
          fields,
          event,
          place: { file: 0, record: index, line: index, offset: 0 },
        };
      });
      const results = (list: readonly Sighting[]): unknown[] => {
        const gathering = new Gathering(rules);
        try {
          for (const one of list) gathering.add({ groups: [], sightings: [one] });
          gathering.correlate();
          return [...gathering.findings()];
        } finally {
          gathering.close();
        }
      };
      const mixed = sightings
        .map(one => ({ one, key: order.next().value ?? 0 }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ one }) => one);
      const inOrder = results(sightings);
      assert.deepEqual(results(mixed), inOrder);
      const live = new Set<string>();
      const detector = createDetector(rules, {
        onFinding: finding => live.add(finding.redoubt.dedup_key),
      });
      for (const { rule: name, time, fields, event } of sightings.toSorted((a, b) => a.time - b.time)) {
        detector.evaluateRecord({
          logsource: { product: 'generic' },
          time,
          fields: { ...fields, step: name === 'first' ? 1 : 2 },
          toEvent: (): Event => event,
        });
      }
      detector.flush();
      const keys = (inOrder as { finding: { redoubt: { dedup_key: string } } }[]).map(
        ({ finding }) => finding.redoubt.dedup_key,
      );
      assert.deepEqual(keys.sort(), [...live].sort());
    }),
    { numRuns: 60 },
  );
});

test('Sigma as a filter holds for the same events as the engine finds', () => {
  const own = RuleSet.of([
    {
      name: 'a.yml',
      text: 'title: a\nlogsource: {product: linux, category: process_creation}\ndetection:\n  s: {Image|endswith: /x}\n  condition: s\n',
    },
  ]);
  const { kinds, matches } = sigmaFilter(own);
  assert.deepEqual(kinds, ['process.exec']);
  const exec = (path: string) => viewOf(buildEvent('process.exec', 1, { process: { file: { path } } }));
  assert.deepEqual([matches(exec('/bin/x')), matches(exec('/bin/y'))], [true, false]);
  assert.equal(matches(viewOf(buildEvent('file.create', 1, { file: { path: '/bin/x' } }))), false);
  assert.deepEqual(sigmaFilter(rules).kinds, []);
});

test('files come once, in order; folders that lead round in circles end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-inputs-'));
  try {
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'b.log'), 'b');
    writeFileSync(join(folder, 'a.log'), 'a');
    writeFileSync(join(folder, 'deep/c.txt'), 'c');
    symlinkSync('..', join(folder, 'deep/up'));
    const { files, problems } = await findInputs([folder, join(folder, 'a.log'), join(folder, '**/*.log')]);
    assert.deepEqual(
      files.map(file => [file.path.slice(folder.length + 1), file.named]),
      [
        ['a.log', false],
        ['b.log', false],
        ['deep/c.txt', false],
      ],
    );
    assert.deepEqual(problems, []);
    const missing = await findInputs([join(folder, 'no'), join(folder, '*.none')]);
    assert.deepEqual([missing.files.length, missing.problems.length], [0, 2]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
