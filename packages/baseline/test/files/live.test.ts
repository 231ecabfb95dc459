/** Files that change are judged soon after, once for each form, with who touched them. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StateChange } from '@redoubt/model';
import { filesCollector, GoldenLookup, LiveFiles, parsePolicy } from '../../src/index.ts';
import { folderFor } from '../state/support.ts';

const text = `version: 1
paths: [/etc]
classes:
  - {class: ignored, globs: [/etc/ignored/**]}
  - {class: configuration, globs: [/etc/**]}
`;

async function watched(t: TestContext) {
  const root = folderFor(t);
  mkdirSync(join(root, 'etc/ignored'), { recursive: true });
  writeFileSync(join(root, 'etc/conf'), 'one');
  writeFileSync(join(root, 'etc/gone'), 'one');
  const collector = filesCollector({ content: '', filePolicy: text });
  const lookup = await GoldenLookup.build(collector.collect({ root }), join(folderFor(t), 'lookup'));
  const told: [StateChange, string][] = [];
  let arrived = (): void => {};
  const live = new LiveFiles<string>({
    policy: parsePolicy(text),
    root,
    golden: key => lookup.get(key),
    onChange: (change, who) => {
      told.push([change, who]);
      arrived();
    },
  });
  t.after(async () => {
    await live.stop();
    lookup.close();
  });
  const until = async (count: number) => {
    while (told.length < count) await new Promise<void>(resolve => (arrived = resolve));
  };
  return { root, live, told, until };
}

test('a change, an addition and a removal are told with who did them', async t => {
  const { root, live, told, until } = await watched(t);
  writeFileSync(join(root, 'etc/conf'), 'two');
  writeFileSync(join(root, 'etc/new'), 'x');
  rmSync(join(root, 'etc/gone'));
  writeFileSync(join(root, 'etc/ignored/x'), 'x');
  for (const name of ['conf', 'new', 'gone', 'ignored/x']) live.touch(`/etc/${name}`, () => `who ${name}`);
  await until(3);
  assert.deepEqual(
    told.map(([{ kind, key }, who]) => [kind, key, who]),
    [
      ['changed', '/etc/conf', 'who conf'],
      ['added', '/etc/new', 'who new'],
      ['removed', '/etc/gone', 'who gone'],
    ],
  );
  chmodSync(join(root, 'etc/conf'), 0o600);
  live.touch('/etc/conf', () => 'again');
  live.touch('/etc/new', () => 'nothing new');
  await until(4);
  assert.deepEqual([told[3]?.[0].key, told.length], ['/etc/conf', 4]);
});

test('what is written after the first look is found by a later one', async t => {
  const { root, live, told, until } = await watched(t);
  live.touch('/etc/conf', () => 'slow');
  while (live.counters.looked === 0) await new Promise(resolve => setTimeout(resolve, 5));
  assert.deepEqual(told, []);
  writeFileSync(join(root, 'etc/conf'), 'late');
  await until(1);
  assert.equal(told[0]?.[1], 'slow');
});

test('more touches than can wait are counted, so that a whole check can follow', async t => {
  const { live } = await watched(t);
  for (let at = 0; at < 50_010; at++) live.touch(`/etc/many-${at}`, () => 'x');
  assert.equal(live.counters.overflowed, 10);
  await live.stop();
});
