/** fanotify: every change of covered files is found, also while much else changes, and after an overflow. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { watchFiles } from '@redoubt/kernel';
import type { StateChange } from '@redoubt/model';
import { InotifyWatch } from '../../src/files/inotify.ts';
import {
  checkState,
  createState,
  filesCollector,
  GoldenLookup,
  LiveFiles,
  parsePolicy,
} from '../../src/index.ts';
import { all, context, folderFor, signIn, vaultFor } from '../state/support.ts';

const isRoot = process.getuid?.() === 0;
const options = isRoot ? {} : { skip: 'needs root' };

async function until(what: () => boolean): Promise<void> {
  for (let turn = 0; !what() && turn < 3000; turn++) await new Promise(resolve => setTimeout(resolve, 10));
}

const text = `version: 1
paths: [/etc]
classes: [{class: configuration, globs: [/etc/**]}]
`;

async function watched(t: TestContext) {
  const root = folderFor(t);
  mkdirSync(join(root, 'etc/folder/deep'), { recursive: true });
  mkdirSync(join(root, 'elsewhere'));
  for (let at = 0; at < 60; at++) writeFileSync(join(root, `etc/file-${at}`), 'golden');
  for (let at = 0; at < 30; at++) writeFileSync(join(root, `etc/folder/deep/${at}`), 'golden');
  const collector = filesCollector({ content: '', filePolicy: text });
  const vault = await vaultFor(t);
  const { entry } = await createState(collector, { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, entry);
  const lookup = await GoldenLookup.build(collector.collect({ root }), join(folderFor(t), 'lookup'));
  const told = new Map<string, StateChange>();
  const live = new LiveFiles<number>({
    policy: parsePolicy(text),
    root,
    golden: key => lookup.get(key),
    goldenBelow: (folder, most) => lookup.keysBelow(folder, most),
    onChange: change => void told.set(change.key, change),
  });
  let lost = 0;
  const pids = new Set<number>();
  const watch = watchFiles({
    places: [root],
    covered: [join(root, 'etc')],
    onChanges: changes => {
      for (const { key, pid } of changes) {
        pids.add(pid);
        live.touch(key.slice(root.length), () => pid);
      }
    },
    onLost: times => {
      lost += times;
    },
  });
  t.after(async () => {
    await watch.stop();
    await live.stop();
    lookup.close();
  });
  const check = async () => {
    const golden = await vault.open('files', await vault.verifiers());
    const drifts = await all(checkState(collector, golden, { root }, vault)).finally(() => golden.close());
    return drifts.map(({ change }) => change.key).sort();
  };
  return { root, told, check, pids, lost: () => lost };
}

test(
  'while thousands of files change elsewhere, every change of a covered file is told',
  options,
  async t => {
    const { root, told, check, pids, lost } = await watched(t);
    // 5,000 files a second: a hundred every twenty milliseconds, made and removed beside the covered tree.
    const storm = spawn(process.execPath, [
      '-e',
      `const fs = require('node:fs');
     setInterval(() => { for (let i = 0; i < 100; i++) { const f = process.argv[1] + '/' + i; fs.writeFileSync(f, 'x'); fs.rmSync(f); } }, 20);`,
      join(root, 'elsewhere'),
    ]);
    t.after(() => storm.kill());
    await once(storm, 'spawn');
    for (let at = 0; at < 20; at++) {
      appendFileSync(join(root, `etc/file-${at}`), 'more');
      rmSync(join(root, `etc/file-${at + 20}`));
      chmodSync(join(root, `etc/file-${at + 40}`), 0o777);
      writeFileSync(join(root, `etc/new-${at}`), 'new');
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    await until(() => told.size >= 80 || lost() > 0);
    storm.kill();
    const found = await check();
    assert.equal(found.length, 80);
    if (lost() === 0) assert.deepEqual([...told.keys()].sort(), found);
    assert.ok(pids.has(process.pid));
    assert.ok(!pids.has(storm.pid ?? 0), 'what is elsewhere does not come here');
  },
);

test('a whole folder that is renamed away and back is looked at with all that is in it', options, async t => {
  const { root, told, check } = await watched(t);
  renameSync(join(root, 'etc/folder'), join(root, 'away'));
  await until(() => told.size >= 32);
  assert.deepEqual([...told.keys()].sort(), await check());
  assert.ok([...told.values()].every(({ kind }) => kind === 'removed'));
  writeFileSync(join(root, 'away/deep/added'), 'x');
  told.clear();
  renameSync(join(root, 'away'), join(root, 'etc/other'));
  await until(() => told.size >= 33);
  assert.equal(told.get('/etc/other/deep/added')?.kind, 'added');
});

test('a queue that overflows is told, and a whole check finds what was done meanwhile', options, async t => {
  const { root, check, lost } = await watched(t);
  // Nothing is taken from the queue while this thread is busy: its 16,384 places and what is handed over fill up.
  for (let at = 0; at < 40_000; at++) linkSync(join(root, 'etc/file-0'), join(root, `etc/link-${at}`));
  await until(() => lost() > 0);
  rmSync(join(root, 'etc/file-59'));
  assert.ok(lost() > 0);
  assert.ok((await check()).includes('/etc/file-59'));
});

test('where fanotify cannot be used, inotify tells of changes, also in folders that came later', async t => {
  const root = folderFor(t);
  mkdirSync(join(root, 'old'));
  const text = `version: 1\npaths: [${root}]\nclasses: [{class: other, globs: ['${root}/**']}]\n`;
  const told = new Set<string>();
  let arrived = (): void => {};
  const watch = await InotifyWatch.start(parsePolicy(text), ({ key }) => {
    told.add(key);
    arrived();
  });
  t.after(() => watch.stop());
  const until = async (key: string, again: () => void): Promise<void> => {
    while (!told.has(key)) {
      again();
      await Promise.race([new Promise<void>(resolve => (arrived = resolve)), wait(50)]);
    }
  };
  const write = (path: string) => () => writeFileSync(path, 'x');
  await until(join(root, 'old/file'), write(join(root, 'old/file')));
  mkdirSync(join(root, 'new/below'), { recursive: true });
  await until(join(root, 'new'), () => {});
  // The folder is watched a moment after it came.
  await until(join(root, 'new/below/file'), write(join(root, 'new/below/file')));
  assert.equal(watch.size, 4);
  rmSync(join(root, 'old/file'));
  assert.deepEqual([...watch.blind], []);
});
