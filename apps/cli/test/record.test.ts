/** Commands that read the flight recorder of an agent that has ended. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildEvent, type Finding } from '@redoubt/model';
import { batchOfEvents, openRecorder } from '@redoubt/store';
import { redoubt } from './cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'redoubt-record-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const now = Date.now();
const hostile = '/tmp/\u001b]0;owned\u0007\u202e壁垒';

function exec(age: number, path: string, pid: number) {
  const process = { pid, name: 'worker', cmd_line: `${path} --quiet`, file: { path } };
  return buildEvent('process.exec', now - age, { process, actor: { process: { pid: 1, name: 'init' } } });
}

const finding: Finding = {
  class_uid: 2004,
  category_uid: 2,
  activity_id: 1,
  type_uid: 200401,
  time: now,
  severity_id: 4,
  status_id: 1,
  message: 'x',
  count: 3,
  metadata: { version: '1.6.0', product: { name: 'Redoubt', vendor_name: 'Redoubt' }, uid: 'f-1' },
  finding_info: {
    uid: 'f-1',
    title: 'Program from memory',
    analytic: { uid: 'fileless-exec-memfd', name: 'Program from memory', type_id: 1 },
    attacks: [
      {
        tactic: { uid: 'TA0005', name: 'Defense Evasion' },
        technique: { uid: 'T1620', name: 'Reflective Code Loading' },
      },
    ],
    created_time: now,
    first_seen_time: now,
    last_seen_time: now,
  },
  evidences: [
    { process: { pid: 7, name: 'worker', cmd_line: hostile, user: { uid: '33', name: 'www-data' } } },
  ],
  redoubt: {
    title: { en: 'Program from memory', zh: '程序仅从内存中执行' },
    description: { en: 'It has no file.', zh: '它没有文件。' },
    reasons: [
      { field: 'process.file.is_memfd', value: 'true', text: { en: 'only in memory', zh: '只在内存中' } },
    ],
    advice: { en: 'Keep evidence.', zh: '保全证据。' },
    dedup_key: 'k',
  },
};

before(async () => {
  const recorder = await openRecorder({ directory });
  recorder.append(
    batchOfEvents([
      exec(7_200_000, '/usr/bin/old', 10),
      exec(1000, hostile, 11),
      exec(500, '/usr/bin/new', 12),
    ]),
  );
  recorder.append(batchOfEvents([buildEvent('file.unlink', now, { file: { path: '/var/log/x' } })]));
  recorder.saveFinding(finding);
  await recorder.close();
});

const at = (...words: string[]) => redoubt([...words, '--state', directory]);

test('events come oldest first, as JSON lines', async () => {
  const { code, stdout, stderr } = await at('events', '--json');
  assert.equal(code, 0, stderr);
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { time: number });
  assert.equal(events.length, 4);
  assert.deepEqual(
    events,
    events.toSorted((a, b) => a.time - b.time),
  );
});

test('kind, since, limit and where narrow', async () => {
  const count = async (...words: string[]) =>
    (await at('events', '--json', ...words)).stdout.split('\n').length - 1;
  assert.equal(await count('--kind', 'file.*'), 1);
  assert.equal(await count('--since', '1h'), 3);
  assert.equal(await count('--limit', '2'), 2);
  assert.equal(await count('--where', "process.file.path = '/usr/bin/new'"), 1);
  const wrong = await at('events', '--where', 'process.file.path = = 1');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /column/);
});

test('a hostile file name cannot steer the terminal', async () => {
  for (const words of [['events'], ['findings', 'show', 'f-1'], ['findings']]) {
    const { stdout } = await at(...words);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
  assert.match((await at('events')).stdout, /\\x1b\]0;owned\\x07\\u\{202e\}壁垒/);
});

test('findings are listed and shown in both languages', async () => {
  const [list, shown, chinese] = await Promise.all([
    at('findings'),
    at('findings', 'show', 'f-1'),
    at('findings', 'show', 'f-1', '--lang', 'zh'),
  ]);
  assert.match(list.stdout, /high\s+3\s+new\s+f-1\s+Program from memory/);
  for (const words of ['only in memory', 'www-data', 'T1620', 'Keep evidence.'])
    assert.ok(shown.stdout.includes(words), words);
  for (const words of ['程序仅从内存中执行', '只在内存中', '保全证据。', '处置建议'])
    assert.ok(chinese.stdout.includes(words), words);
  assert.deepEqual(JSON.parse((await at('findings', '--json')).stdout), [finding]);
});

test('--exit-code ends with 1 while a finding is open; an unknown uid with 2', async () => {
  assert.equal((await at('findings', '--exit-code')).code, 1);
  assert.equal((await at('findings')).code, 0);
  assert.equal((await at('findings', 'show', 'nope')).code, 2);
});
