/** `redoubt hunt` over the flight recorder of an agent that has ended. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildEvent } from '@redoubt/model';
import { batchOfEvents, explainHunt, openRecorder } from '@redoubt/store';
import { savedHunts } from '../src/hunt/saved.ts';
import { redoubt } from './cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'redoubt-hunt-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const now = Date.now();

before(async () => {
  const recorder = await openRecorder({ directory });
  try {
    const events = Array.from({ length: 30 }, (_, index) => {
      const path = index % 10 === 0 ? '/opt/rare' : '/usr/bin/common';
      const process = {
        pid: index + 2,
        file: { path },
        cmd_line: `${path} --number ${index}, "x"`,
        parent_process: { file: { path: '/usr/sbin/cron' } },
      };
      return buildEvent('process.exec', now - index * 60_000, { process });
    });
    recorder.append(batchOfEvents(events));
  } finally {
    await recorder.close();
  }
});

const hunt = (...words: string[]) => redoubt(['hunt', '--state', directory, ...words]);

interface Answer {
  columns: { name: string; isTime: boolean }[];
  rows: Record<string, unknown>[];
  total: number;
  cut: { en: string }[];
}

async function answer(...words: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await hunt('--json', ...words);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Answer;
}

test('a query, in every output', async () => {
  const query = 'kind = process.exec | count by process.file.path | sort count';
  assert.deepEqual((await answer(query)).rows, [
    { 'process.file.path': '/opt/rare', count: 3 },
    { 'process.file.path': '/usr/bin/common', count: 27 },
  ]);
  const [shown, csv] = await Promise.all([
    hunt(query),
    hunt('--csv', '* | fields time, process.cmd_line | sort time | last'),
  ]);
  assert.match(shown.stdout, /process\.file\.path\s+count\n\/opt\/rare\s+3\n/);
  assert.match(shown.stderr, /2 rows; 30 of 30 records/);
  assert.match(
    csv.stdout,
    /^time,process\.cmd_line\n\d{4}-\d\d-\d\dT[^,]+Z,"\/opt\/rare --number 0, ""x"""\n$/,
  );
});

test('time, kind and limit', async () => {
  assert.deepEqual((await answer('* | count', '--since', '5m')).rows, [{ count: 5 }]);
  assert.deepEqual((await answer('* | count', '--until', '20m')).rows, [{ count: 10 }]);
  assert.deepEqual((await answer('* | count', '--kind', 'file.*')).rows, [{ count: 0 }]);
  const cut = await answer('*', '--limit', '4');
  assert.deepEqual([cut.rows.length, cut.total], [4, 30]);
  assert.match(cut.cut[0]?.en ?? '', /first 4 of 30/);
});

test('a Sigma rule is a condition as it is', async () => {
  const rule = join(directory, 'rule.yml');
  const text = (logsource: string) =>
    `title: Rare\nlogsource: ${logsource}\ndetection:\n  selection:\n    Image|startswith: /opt/\n    ParentImage|endswith: /cron\n  condition: selection\n`;
  writeFileSync(rule, text('{product: linux, category: process_creation}'));
  assert.deepEqual((await answer('--sigma', rule, '| count')).rows, [{ count: 3 }]);
  assert.equal((await answer('--sigma', rule)).rows.length, 3);
  assert.deepEqual((await answer('--sigma', rule, "process.cmd_line contains 'number 10' | count")).rows, [
    { count: 1 },
  ]);
  const log = join(directory, 'log.yml');
  writeFileSync(log, text('{product: windows, service: security}'));
  const wrong = await hunt('--sigma', log);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /redoubt detect/);
  writeFileSync(log, 'title: x\n');
  assert.equal((await hunt('--sigma', log)).code, 2);
  assert.equal((await hunt('--sigma', '/nonexistent.yml')).code, 2);
});

test('an error names its column, in both languages', async () => {
  const [english, chinese] = await Promise.all([
    hunt('kind = process.exec | count by file.pth'),
    hunt('kind = process.exec | count by file.pth', '--lang', 'zh'),
  ]);
  assert.deepEqual([english.code, chinese.code], [2, 2]);
  assert.match(english.stderr, /column 32: .*did you mean file\.path/);
  assert.match(chinese.stderr, /第 32 列/);
  assert.equal((await hunt()).code, 2);
  assert.equal((await redoubt(['hunt', '* | count'])).code, 3);
});

test('hunts are saved, listed, run and removed', async () => {
  assert.equal((await hunt('save', 'mine', '* | count as n', '--title', 'All of it')).code, 0);
  const list = JSON.parse((await hunt('list', '--json')).stdout) as { name: string; shipped: boolean }[];
  assert.deepEqual(list[0], {
    name: 'mine',
    query: '* | count as n',
    shipped: false,
    title: { en: 'All of it', zh: 'All of it' },
  });
  assert.deepEqual((await answer('run', 'mine')).rows, [{ n: 30 }]);
  assert.equal((await hunt('save', 'wrong', '* | dance')).code, 2);
  assert.equal((await hunt('save', '../outside', '* | count')).code, 2);
  assert.equal((await hunt('remove', 'mine')).code, 0);
  assert.equal((await hunt('remove', 'mine')).code, 2);
  assert.equal((await hunt('run', 'mine')).code, 2);
  assert.deepEqual(readdirSync(join(directory, 'hunts')), []);
});

test('every hunt that ships can be run and has both languages', async () => {
  const shipped = savedHunts(directory).filter(one => one.shipped);
  assert.ok(shipped.length >= 5);
  for (const { name, query, title } of shipped) {
    assert.doesNotThrow(() => explainHunt(query), name);
    assert.match(title.zh, /\p{Script=Han}/u, name);
    assert.doesNotMatch(title.en, /\p{Script=Han}/u, name);
  }
  const { rows } = await answer('run', 'rare-parent-child');
  assert.deepEqual(rows, []);
  assert.equal((await answer('run', 'unowned-programs')).rows.length, 2);
});
