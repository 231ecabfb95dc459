/** Telling where something has changed: walks that begin anywhere, and each change in every share of a tree. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TreeWalk } from '@redoubt/kernel';
import type { StateEntry } from '@redoubt/model';
import { changedFiles } from '../../src/files/changed.ts';
import { parsePolicy } from '../../src/files/policy.ts';
import { checkState, compareKeys, createState, filesCollector } from '../../src/index.ts';
import { MarkMaker } from '../../src/state/marks.ts';
import { RangeCursor } from '../../src/state/ranges.ts';
import { context, folderFor, signIn, vaultFor } from '../state/support.ts';

const files = 6_000;

/** Everything that a walk tells. */
async function walked(root: string, start: string, after?: string): Promise<StateEntry[]> {
  const walk = new TreeWalk(root, [Buffer.from(start)], [], after);
  const entries: StateEntry[] = [];
  for (;;) {
    const bytes = await walk.next();
    if (bytes === true || bytes.length === 0) return entries;
    const fields = bytes.toString('utf8').split('\0');
    for (let at = 0; at + 1 < fields.length; at += 2)
      entries.push({ key: fields[at] ?? '', facts: { stat: fields[at + 1] ?? '' } });
  }
}

/** Keys of what only one of two lists has, or each with another status, in order. */
function differingKeys(before: readonly StateEntry[], after: readonly StateEntry[]): string[] {
  const [was, is] = [before, after].map(
    list => new Map(list.map(({ key, facts }) => [key, facts['stat']])),
  ) as [Map<string, unknown>, Map<string, unknown>];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter(key => was.get(key) !== is.get(key))
    .sort(compareKeys);
}

const keysOf = (entries: readonly StateEntry[]) => entries.map(entry => entry.key);

test('a walk begins after any key, whether it is there or not', async t => {
  const root = folderFor(t);
  for (const folder of ['a', 'a-b', 'a/deep/er', 'b'])
    mkdirSync(join(root, 'web', folder), { recursive: true });
  for (const file of ['a/x', 'a/deep/er/y', 'a/deep/z', 'a-b/x', 'b/1', 'c', 'é'])
    writeFileSync(join(root, 'web', file), '');
  for (const start of ['/web', '/']) {
    const every = keysOf(await walked(root, start));
    const absent = [
      '/a',
      '/web/a/deep/er/yy',
      '/web/a/deepest',
      '/web/a!',
      '/web/a/',
      '/web/b/1/2',
      '/zz',
      '/web/é/é',
    ];
    for (const after of [...every, ...absent])
      assert.deepEqual(
        keysOf(await walked(root, start, after)),
        every.filter(key => compareKeys(key, after) > 0),
        `from ${start} after ${after}`,
      );
  }
});

test('an unchanged tree is told from any change in any part of it', async t => {
  const root = folderFor(t);
  // Names whose hashes end several stretches.
  const file = (at: number) => join(root, `web/${at % 7}/p${at}`);
  for (let folder = 0; folder < 7; folder++) mkdirSync(join(root, `web/${folder}`), { recursive: true });
  for (let at = 0; at < files; at++) writeFileSync(file(at), '');
  const policy = parsePolicy(
    'version: 1\npaths: [/web]\nclasses: [{class: ignored, globs: ["/web/**/*.tmp"]}, {class: web, globs: ["/web/**"]}]\n',
  );
  let entries: StateEntry[] = [];
  const marksNow = async () => {
    const maker = new MarkMaker();
    entries = (await walked(root, '/web')).filter(({ key }) => policy.classOf(key) !== 'ignored');
    for (const entry of entries) maker.add(entry);
    maker.end();
    return maker.marks;
  };
  let marks = await marksNow();
  assert.ok(marks.length > 2, 'there are stretches to share');
  const changed = async (onProgress?: (done: number) => void) =>
    (await changedFiles({ marks }, () => policy, { root, ...(onProgress && { onProgress }) })) ?? [];
  assert.deepEqual(await changed(), []);
  let told = 0;
  await changed(done => {
    told = Math.max(told, done);
  });
  assert.equal(told, files + 8);

  const changes: [what: string, change: () => void][] = [
    ['content of the first', () => writeFileSync(file(0), 'x')],
    ['content of the last', () => writeFileSync(file(5_998), 'x')],
    ['a mode', () => chmodSync(file(4_000), 0o600)],
    ['a new name at the end', () => writeFileSync(join(root, 'web/7'), '')],
    ['a name gone', () => rmSync(file(3_000))],
    ['a renamed folder', () => renameSync(join(root, 'web/3'), join(root, 'web/33'))],
    ...marks.map(([, , last], at): [string, () => void] => [
      `the end of stretch ${at} gone`,
      () => rmSync(join(root, last), { recursive: true, force: true }),
    ]),
  ];
  for (const [what, change] of changes) {
    change();
    const ranges = await changed();
    const before = entries;
    marks = await marksNow();
    const differing = differingKeys(before, entries);
    // The end of a stretch may be gone with a folder already.
    assert.equal(ranges.length === 0, differing.length === 0, what);
    const cursor = new RangeCursor(ranges);
    for (const key of differing) assert.equal(cursor.placeOf(key), 'inside', `${what}: ${key}`);
    if (what.startsWith('content of')) {
      const looking = new RangeCursor(ranges);
      const share = before.filter(({ key }) => looking.placeOf(key) === 'inside').length / before.length;
      assert.ok(share < 0.9, `${what}: only a part is looked at, not ${share}`);
    }
    assert.deepEqual(await changed(), [], `after ${what}`);
  }

  // What is ignored has no part in it, wherever it stands.
  for (let at = 0; at < 3_000; at++) writeFileSync(join(root, `web/${at % 2}/${at}.tmp`), '');
  marks = await marksNow(); // the folders themselves have changed
  for (let at = 0; at < 3_000; at += 2) writeFileSync(join(root, `web/0/${at}.tmp`), 'more');
  assert.deepEqual(await changed(), []);
});

test('a check that looks at what has changed finds what a check of everything finds', async t => {
  const root = folderFor(t);
  const file = (at: number) => join(root, `web/${at % 5}/"quoted\\ ${at}`);
  for (let folder = 0; folder < 5; folder++) mkdirSync(join(root, `web/${folder}`), { recursive: true });
  for (let at = 0; at < files; at++) writeFileSync(file(at), '');
  const collector = filesCollector({
    content: '',
    filePolicy: 'version: 1\npaths: [/web]\nclasses: [{class: web, globs: ["/web/**"]}]\n',
  });
  const vault = await vaultFor(t);
  const { entry } = await createState(collector, { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, entry);
  const found = async (full: boolean): Promise<string[]> => {
    const golden = await vault.open('files', await vault.verifiers());
    const drifts: string[] = [];
    try {
      for await (const { change } of checkState(collector, golden, { root, full }, vault))
        drifts.push(`${change.kind} ${change.key} ${change.kind === 'changed' ? change.fields : ''}`);
    } finally {
      await golden.close();
    }
    return drifts;
  };
  assert.deepEqual(await found(false), []);
  const steps = [
    () => writeFileSync(file(0), 'first'),
    () => writeFileSync(file(files - 1), 'last'),
    () => {
      rmSync(file(2_222));
      writeFileSync(join(root, 'web/zz'), 'new');
    },
    () => renameSync(join(root, 'web/2'), join(root, 'web/22')),
    () => chmodSync(join(root, 'web/4'), 0o700),
  ];
  for (const step of steps) {
    step();
    const quick = await found(false);
    assert.ok(quick.length > 0);
    assert.deepEqual(quick, await found(true));
  }
});
