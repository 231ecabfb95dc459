/** Test data of rules: what passes, what fails, and what is said then. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type RuleTestOptions, testRules } from '../src/index.ts';
import { readLogText } from './read-log.ts';

const rule = `
title: host
name: host
logsource: {product: linux, category: file_event}
detection: {selection: {TargetFilename: /etc/x}, condition: selection}
---
title: log
name: log
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '\\x.exe'}, condition: selection}
---
title: login
name: login
logsource: {product: linux, service: sshd}
detection: {selection: {outcome: failure, user: u2}, condition: selection}
`;
const hit = 'kind: file.create, event: {file: {path: /etc/x}}';
const miss = 'kind: file.create, event: {file: {path: /etc/y}}';
const record = (image: string): string =>
  `format: winlogbeat, log: {Channel: Microsoft-Windows-Sysmon/Operational, EventID: 1, Image: '${image}'}`;

async function run(tests: string, options: RuleTestOptions = {}): Promise<(string | undefined)[]> {
  const directory = await mkdtemp(join(tmpdir(), 'redoubt-rules-'));
  try {
    await writeFile(join(directory, 'rule.yml'), rule);
    await writeFile(join(directory, 'rule.test.yml'), tests);
    return (await testRules(directory, options)).map(({ passed, message }) => (passed ? 'passed' : message));
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('positive events must be found and negative ones must not', async () => {
  assert.deepEqual(
    await run(`rule: host\npositive: [{${hit}}, {${miss}}]\nnegative: [{${miss}}, {${hit}}]`),
    [
      'passed',
      'found was expected; what was found: nothing',
      'passed',
      'not found was expected; what was found: host',
    ],
  );
});

test('with * no rule at all may find the events', async () => {
  assert.deepEqual(await run(`rule: '*'\nnegative: [{${miss}}, {${hit}}]`), [
    'passed',
    'not found was expected; what was found: host',
  ]);
});

test('log records are judged by the rules of their source', async () => {
  assert.deepEqual(
    await run(`rule: log\npositive: [{${record('C:\\x.exe')}}]\nnegative: [{${record('C:\\y.exe')}}]`),
    ['passed', 'passed'],
  );
});

test('lines of a log are read by the reader of their format', async () => {
  const failed = (user: string): string =>
    `format: syslog, log: 'Nov 23 10:15:02 web1 sshd[8]: Failed password for ${user} from 10.0.0.5 port 9 ssh2'`;
  const options = { readLog: readLogText };
  const cases = `positive: [{repeat: 3, ${failed('u{n}')}}]\nnegative: [{repeat: 2, ${failed('u{n}')}}]`;
  assert.deepEqual(await run(`rule: login\n${cases}`, options), ['passed', 'passed']);
  assert.deepEqual(
    await run(
      `rule: log\npositive: [{${record('C:\\x.exe')}}]\nnegative: [{${record('C:\\y.exe')}}]`,
      options,
    ),
    ['passed', 'passed'],
  );
  const [damaged, unknown] = await run(
    'rule: login\npositive: [{format: syslog, log: no date}, {format: papyrus, log: x}]',
    options,
  );
  assert.match(damaged ?? '', /damaged log of format syslog: not a syslog line/);
  assert.match(unknown ?? '', /no log format papyrus/);
  const [without] = await run(`rule: login\npositive: [{${failed('u2')}}]`);
  assert.match(without ?? '', /need a reader of logs/);
});

test('a rule that does not exist and a case that cannot be read have failed', async () => {
  assert.deepEqual(await run(`rule: nowhere\npositive: [{${hit}}]`), ['there is no rule "nowhere"']);
  const unreadable = await run('rule: host\npositive: [{kind: file.melt}, {log: {a: 1}}]');
  assert.match(unreadable[0] ?? '', /"file.melt" is no kind of event/);
  assert.match(unreadable[1] ?? '', /needs "logsource"/);
});
