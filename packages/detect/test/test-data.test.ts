/** Test data of rules: what passes, what fails, and what is said then. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testRules } from '../src/index.ts';

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
`;
const hit = 'kind: file.create, event: {file: {path: /etc/x}}';
const miss = 'kind: file.create, event: {file: {path: /etc/y}}';
const record = (image: string): string =>
  `format: winlogbeat, log: {Channel: Microsoft-Windows-Sysmon/Operational, EventID: 1, Image: '${image}'}`;

async function run(tests: string): Promise<(string | undefined)[]> {
  const directory = await mkdtemp(join(tmpdir(), 'redoubt-rules-'));
  try {
    await writeFile(join(directory, 'rule.yml'), rule);
    await writeFile(join(directory, 'rule.test.yml'), tests);
    return (await testRules(directory)).map(({ passed, message }) => (passed ? 'passed' : message));
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

test('a rule that does not exist and a case that cannot be read have failed', async () => {
  assert.deepEqual(await run(`rule: nowhere\npositive: [{${hit}}]`), ['there is no rule "nowhere"']);
  const unreadable = await run('rule: host\npositive: [{kind: file.melt}, {log: {a: 1}}]');
  assert.match(unreadable[0] ?? '', /"file.melt" is no kind of event/);
  assert.match(unreadable[1] ?? '', /needs "logsource"/);
});
