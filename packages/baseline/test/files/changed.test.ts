/** Telling where something has changed: walks that begin anywhere, and each change in every share of a tree. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TreeWalk } from '@redoubt/kernel';
import {
  acceptDrift,
  checkState,
  compareKeys,
  createState,
  type Drift,
  filesCollector,
} from '../../src/index.ts';
import { context, folderFor, signIn, vaultFor } from '../state/support.ts';

const files = 2_500;

/** Keys of everything that a walk tells. */
async function walked(root: string, start: string, after?: string): Promise<string[]> {
  const walk = new TreeWalk(root, [Buffer.from(start)], [], after);
  const keys: string[] = [];
  for (;;) {
    const bytes = await walk.next();
    if (bytes.length === 0) return keys;
    const fields = bytes.toString('utf8').split('\0');
    for (let at = 0; at + 1 < fields.length; at += 2) keys.push(fields[at] ?? '');
  }
}

test('a walk begins after any key, whether it is there or not', async t => {
  const root = folderFor(t);
  for (const folder of ['a', 'a-b', 'a/deep/er', 'b'])
    mkdirSync(join(root, 'web', folder), { recursive: true });
  for (const file of ['a/x', 'a/deep/er/y', 'a/deep/z', 'a-b/x', 'b/1', 'c', 'é'])
    writeFileSync(join(root, 'web', file), '');
  for (const start of ['/web', '/']) {
    const every = await walked(root, start);
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
        await walked(root, start, after),
        every.filter(key => compareKeys(key, after) > 0),
        `from ${start} after ${after}`,
      );
  }
});

/** A folder `web` whose golden state is signed, and checks of it. */
async function golden(t: TestContext, policy: string, fill: (web: string) => void) {
  const root = folderFor(t);
  const web = join(root, 'web');
  mkdirSync(web);
  fill(web);
  const collector = filesCollector({
    content: '',
    filePolicy: `version: 1\npaths: [/web]\nclasses: ${policy}\n`,
  });
  const vault = await vaultFor(t);
  const { entry } = await createState(collector, { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, entry);
  const opened = async () => vault.open('files', await vault.verifiers());
  const check = async (full = false): Promise<string[]> => {
    const state = await opened();
    const drifts: string[] = [];
    try {
      for await (const { change } of checkState(collector, state, { root, full }, vault))
        drifts.push(`${change.kind} ${change.key} ${change.kind === 'changed' ? change.fields : ''}`);
    } finally {
      await state.close();
    }
    return drifts;
  };
  /** Parts that a check looks at; undefined for everything. */
  const parts = async () => {
    const state = await opened();
    await state.close();
    return collector.changed?.(state, { root });
  };
  const accept = async (chosen: (key: string) => boolean): Promise<void> => {
    const state = await opened();
    try {
      const choice = { who: 'test', why: 'test', chosen: ({ change }: Drift) => chosen(change.key) };
      const made = await acceptDrift(collector, state, choice, context(vault));
      if (made !== undefined) await signIn(vault, made.entry);
    } finally {
      await state.close();
    }
  };
  return { web, vault, check, parts, accept };
}

function inPlaceOf(path: string, make: (path: string) => void): void {
  rmSync(path, { recursive: true });
  make(path);
}

const allWeb = '[{class: web, globs: ["/web/**"]}]';

test('a check that looks at what has changed finds what a check of everything finds', async t => {
  const { web, check, parts } = await golden(t, allWeb, web => {
    for (let folder = 0; folder < 5; folder++) mkdirSync(join(web, String(folder)));
    for (let at = 0; at < files; at++) writeFileSync(join(web, `${at % 5}/"quoted\\ ${at}`), '');
  });
  const file = (at: number) => join(web, `${at % 5}/"quoted\\ ${at}`);
  assert.deepEqual(await check(), []);
  assert.deepEqual(await parts(), []);
  const steps: [what: string, step: () => void][] = [
    ['the first', () => writeFileSync(file(0), 'first')],
    ['the last', () => writeFileSync(file(files - 1), 'last')],
    ['a name gone', () => rmSync(file(1_222))],
    ['a name after all others', () => writeFileSync(join(web, 'zz'), 'new')],
    ['a name before all others', () => writeFileSync(join(web, '0/!'), 'new')],
    [
      'no UTF-8',
      () => writeFileSync(Buffer.concat([Buffer.from(`${web}/3/`), Buffer.of(0xff, 0x0a)]), 'new'),
    ],
    ['a renamed folder', () => renameSync(join(web, '2'), join(web, '22'))],
    ['a mode', () => chmodSync(join(web, '4'), 0o700)],
    ['an empty new folder', () => mkdirSync(join(web, '1/new'))],
    ['a file in place of a folder', () => inPlaceOf(join(web, '4'), path => writeFileSync(path, ''))],
    ['a folder in place of a file', () => inPlaceOf(file(1), path => mkdirSync(path))],
    ['a link to a folder', () => inPlaceOf(join(web, '4'), path => symlinkSync('3', path))],
    ['everything gone', () => rmSync(web, { recursive: true })],
  ];
  for (const [what, step] of steps) {
    step();
    const quick = await check();
    assert.ok(quick.length > 0, what);
    assert.deepEqual(quick, await check(true), what);
    if (what === 'the first') {
      const looked = await parts();
      assert.ok(looked?.length === 1 && looked[0]?.through !== undefined, 'only a part is looked at');
    }
  }
});

test('behind a link to where a folder went, nothing passes as unchanged', async t => {
  const { web, check } = await golden(t, allWeb, web => {
    mkdirSync(join(web, 'shop'));
    for (let at = 0; at < files; at++) writeFileSync(join(web, `shop/${at}`), '');
  });
  renameSync(join(web, 'shop'), join(web, '../away'));
  symlinkSync('../away', join(web, 'shop'));
  const quick = await check();
  assert.equal(quick.length, files + 1);
  assert.deepEqual(quick, await check(true));
});

test('a new name is seen in a folder whose times do not tell', async t => {
  const { web, check, accept } = await golden(
    t,
    '[{class: web, globs: ["/web/**/*.php"]}, {class: ignored, globs: ["/web/cache/**"]}, {class: web, globs: ["/web/**"]}]',
    web => {
      for (const folder of ['old', 'cache/deep']) mkdirSync(join(web, folder), { recursive: true });
      writeFileSync(join(web, 'cache/deep/ignored'), '');
    },
  );
  writeFileSync(join(web, 'cache/deep/ignored too'), '');
  assert.deepEqual(await check(), []);
  writeFileSync(join(web, 'cache/deep/x.php'), '');
  assert.deepEqual(await check(), ['added /web/cache/deep/x.php ']);

  // The folder is accepted, with its times, and what is new inside is not: it is told of again.
  chmodSync(join(web, 'old'), 0o700);
  writeFileSync(join(web, 'old/y'), '');
  assert.deepEqual(await check(), [
    'added /web/cache/deep/x.php ',
    'changed /web/old mode',
    'added /web/old/y ',
  ]);
  await accept(key => key === '/web/old');
  assert.deepEqual(await check(), ['added /web/cache/deep/x.php ', 'added /web/old/y ']);
  await accept(key => key.endsWith('.php'));
  assert.deepEqual(await check(), ['added /web/old/y ']);
});

test('an index that is not the signed one is refused; without one everything is compared', async t => {
  const { web, vault, check, parts } = await golden(t, allWeb, web => writeFileSync(join(web, 'a'), ''));
  const index = `${vault.fileOf('files', 1)}.index`;
  writeFileSync(join(web, 'a'), 'changed');
  const found = ['changed /web/a size,sha256'];
  assert.deepEqual(await check(), found);
  const bytes = readFileSync(index);
  const tampered: [what: string, change: () => void][] = [
    ['a byte', () => writeFileSync(index, Buffer.concat([Buffer.from('0'), bytes.subarray(1)]))],
    ['cut off', () => writeFileSync(index, bytes.subarray(0, -1))],
    ['empty', () => writeFileSync(index, '')],
    ['a pipe', () => inPlaceOf(index, path => execFileSync('mkfifo', [path]))],
  ];
  for (const [what, change] of tampered) {
    change();
    await assert.rejects(check(), { code: 'digest' }, what);
  }
  rmSync(index);
  assert.equal(await parts(), undefined);
  assert.deepEqual(await check(), found);
});
