/** Scans of trees: threads, cache, throttle, names, running programs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  findingOf,
  type JudgedFile,
  type ScanReport,
  type ScanRequest,
  scanTree,
  VerdictCache,
} from '../../src/scan/index.ts';
import { eicar, shippedRules } from './samples.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'redoubt-tree-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Longer than the time for which a change counts as too young to be remembered. */
const settled = 100;

async function scan(
  paths: readonly string[],
  more: Partial<ScanRequest> = {},
): Promise<{ report: ScanReport; files: JudgedFile[] }> {
  const files: JudgedFile[] = [];
  const report = await scanTree({
    paths,
    engines: { yaraRules: [shippedRules], only: ['yara-x'] },
    workers: 2,
    onVerdict: file => files.push(file),
    ...more,
  });
  return { report, files };
}

test('every file of a tree is judged, links are not followed, names may be any bytes', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'a/b'), { recursive: true });
  for (let number = 0; number < 200; number += 1)
    writeFileSync(join(tree, `a/file-${number}`), `number ${number}`);
  writeFileSync(join(tree, 'a/b/bad'), eicar);
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/a/b/`), Buffer.from([0xff, 0xfe, 0x0a])]), eicar);
  symlinkSync(join(tree, 'a/b/bad'), join(tree, 'a/link'));
  symlinkSync(tree, join(tree, 'a/loop'));
  const { report, files } = await scan([tree]);
  assert.equal(report.files, 202);
  assert.equal(report.malicious, 2);
  assert.equal(report.clean, 200);
  assert.equal(files.length, 2);
  const [first] = files;
  assert.ok(first);
  const finding = findingOf(first);
  assert.equal(finding?.severity_id, 4);
  assert.equal(finding?.compliance?.requirements[0], '8.1.4.5');
  assert.match(finding?.redoubt.description.zh ?? '', /判定为恶意/);
});

test('what has not changed is known, what has changed in any way is read again', async () => {
  const tree = join(folder, 'cached');
  mkdirSync(tree);
  const file = join(tree, 'file');
  writeFileSync(file, 'harmless');
  writeFileSync(join(tree, 'bad'), eicar);
  const cache = join(folder, 'verdicts');
  await wait(settled);
  assert.equal((await scan([tree], { cache })).report.cached, 0);
  const again = await scan([tree], { cache });
  assert.equal(again.report.cached, 2);
  assert.equal(again.files[0]?.verdict.findings[0]?.signature, 'redoubt_eicar_test_file');
  // The same size and, by force, the same modification time: the change time tells.
  utimesSync(file, 1, 1);
  await wait(settled);
  await scan([tree], { cache });
  writeFileSync(file, 'HARMLESS');
  utimesSync(file, 1, 1);
  await wait(settled);
  assert.equal((await scan([tree], { cache })).report.cached, 1);
  // Other rules: nothing is known.
  const rules = join(folder, 'own.yar');
  writeFileSync(rules, 'rule own { strings: $a = "HARMLESS" condition: $a }');
  const other = await scan([tree], { cache, engines: { yaraRules: [rules], only: ['yara-x'] } });
  assert.deepEqual([other.report.cached, other.report.suspicious], [0, 1]);
});

test('a damaged cache is no cache, and a change of a moment ago is not remembered', () => {
  const path = join(folder, 'damaged');
  const file = { dev: 1, ino: 2, size: 3, mtimeMs: 4, ctimeMs: 5 };
  const cache = new VerdictCache('engines');
  cache.add(file, 'clean');
  cache.add({ ...file, ino: 9, ctimeMs: Date.now() }, 'clean');
  cache.save(path);
  const loaded = new VerdictCache('engines');
  assert.equal(loaded.load(path), 'loaded');
  assert.equal(loaded.find(file), 'clean');
  assert.equal(loaded.size, 1);
  for (const other of [{ dev: 7 }, { ino: 7 }, { size: 7 }, { mtimeMs: 7 }, { ctimeMs: 7 }])
    assert.equal(loaded.find({ ...file, ...other }), undefined);
  assert.equal(new VerdictCache('others').load(path), 'other engines');
  writeFileSync(path, 'redoubt-verdicts-1\nnonsense');
  assert.equal(new VerdictCache('engines').load(path), 'damaged');
  assert.equal(new VerdictCache('engines').load(join(folder, 'none')), 'missing');
  for (let ino = 0; ino < 20_000; ino += 1) loaded.add({ ...file, ino }, 'clean');
  for (let ino = 0; ino < 20_000; ino += 1) assert.equal(loaded.find({ ...file, ino }), 'clean');
});

test('the program of a running process is scanned after its file is gone', async context => {
  const program = join(folder, 'sleeper');
  copyFileSync('/bin/sleep', program);
  const child = spawn(program, ['60']);
  context.after(() => child.kill());
  await new Promise(resolve => child.once('spawn', resolve));
  rmSync(program);
  const rules = join(folder, 'elf.yar');
  writeFileSync(rules, 'rule any_elf { condition: uint32(0) == 0x464c457f }');
  const engines = { yaraRules: [rules], only: ['yara-x'] };
  const { files } = await scan([], { engines, images: [`/proc/${child.pid}/exe`] });
  assert.deepEqual(
    files.map(({ path, verdict }) => [path, verdict.judged]),
    [[`/proc/${child.pid}/exe`, 'suspicious']],
  );
});

test('engines that cannot be made end the scan with their words', async () => {
  const rules = join(folder, 'wrong.yar');
  writeFileSync(rules, 'rule { ');
  await assert.rejects(
    scan([folder], { engines: { yaraRules: [rules], only: ['yara-x'] } }),
    /engine yara-x: .*wrong\.yar/s,
  );
});

test('what is beyond the bounds of an engine is said again from the cache, not tried again', async () => {
  const path = join(folder, 'long.py');
  writeFileSync(path, 'x = 1\n'.repeat(1_000_000));
  await wait(settled);
  const cache = join(folder, 'long-verdicts');
  const engines = { yaraRules: [], only: ['script'] };
  for (const cached of [0, 1]) {
    const { report, files } = await scan([path], { engines, cache });
    assert.equal(report.cached, cached);
    assert.deepEqual(
      files.flatMap(({ verdict }) => verdict.notes.map(({ kind }) => kind)),
      ['too-complex'],
    );
  }
});
