/** Telling that nothing has changed: walks that begin anywhere, and each change in every share of a tree. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TreeWalk } from '@redoubt/kernel';
import type { StateEntry } from '@redoubt/model';
import { parsePolicy } from '../../src/files/policy.ts';
import { filesUnchanged } from '../../src/files/unchanged.ts';
import { compareKeys } from '../../src/index.ts';
import { MarkMaker } from '../../src/state/marks.ts';
import { folderFor } from '../state/support.ts';

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
  const marksNow = async () => {
    const maker = new MarkMaker();
    for (const entry of await walked(root, '/web'))
      if (policy.classOf(entry.key) !== 'ignored') maker.add(entry);
    maker.end();
    return maker.marks;
  };
  let marks = await marksNow();
  assert.ok(marks.length > 2, 'there are stretches to share');
  const same = () => filesUnchanged({ marks }, () => policy, { root });
  assert.equal(await same(), true);
  let told = 0;
  await filesUnchanged({ marks }, () => policy, { root, onProgress: done => (told = Math.max(told, done)) });
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
    const now = await marksNow();
    // The end of a stretch may be gone with a folder already.
    assert.equal(await same(), JSON.stringify(now) === JSON.stringify(marks), what);
    marks = now;
    assert.equal(await same(), true, `after ${what}`);
  }

  // What is ignored has no part in it, wherever it stands.
  for (let at = 0; at < 3_000; at++) writeFileSync(join(root, `web/${at % 2}/${at}.tmp`), '');
  marks = await marksNow(); // the folders themselves have changed
  for (let at = 0; at < 3_000; at += 2) writeFileSync(join(root, `web/0/${at}.tmp`), 'more');
  assert.equal(await same(), true);
});
