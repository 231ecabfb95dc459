/** `redoubt playbook` and `redoubt respond` with a real agent: from a finding to an approved act, over a kill, and back. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Run } from '@redoubt/act/response/playbook';
import type { Action, Finding, JournalEntry } from '@redoubt/model';
import { redoubt } from './cli.ts';
import { startAgent } from './running-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-cli-response-'));
const environment = { REDOUBT_SOCKET: join(folder, 'agent.sock'), REDOUBT_STATE: join(folder, 'state') };
const drill = join(import.meta.dirname, '../../../packages/prove/build/redoubt-drill');
const [first, second] = [join(folder, 'first'), join(folder, 'second')];
const ask = (...words: string[]) => redoubt(words, environment);
const as = (who: string, ...words: string[]) => redoubt(words, { ...environment, SUDO_USER: who });
let stop: Awaited<ReturnType<typeof startAgent>> | undefined;

const playbook = `name: two-files
title: {en: Two files, zh: 两个文件}
description: {en: Takes one file, zh: 隔离文件}
when: {rules: [fileless-exec-memfd]}
automatic: true
limits: {runs_per_hour: 1}
steps:
  - {name: one, action: quarantine-file, target: {path: ${first}}}
  - name: two
    action: quarantine-file
    target: {path: ${second}}
    for: 1h
    approval: {people: 2, within: 1h}
`;

before(async () => {
  mkdirSync(join(environment.REDOUBT_STATE, 'playbooks'), { recursive: true });
  writeFileSync(join(environment.REDOUBT_STATE, 'playbooks/two-files.yml'), playbook);
  for (const path of [first, second]) writeFileSync(path, 'marker');
  stop = await startAgent(environment, '--mode', 'kernel');
});
after(async () => {
  await stop?.();
  rmSync(folder, { recursive: true, force: true });
});

async function json<T>(...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await ask(...words, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

async function runWhen(status: Run['status']): Promise<Run> {
  for (;;) {
    const { runs } = await json<{ runs: Run[] }>('playbook', 'runs');
    const found = runs.find(run => run.status === status);
    if (found !== undefined) return found;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

test('a finding starts a playbook; two people agree, over a kill of the agent; one undo takes all back', async () => {
  await once(spawn(drill, ['memfd-exec', `response-${process.pid}`]), 'exit');
  const { uid, by } = await runWhen('waiting');
  assert.equal(by, 'redoubt');
  assert.ok(!existsSync(first) && existsSync(second));
  assert.match((await ask('playbook', 'show', uid)).stdout, /two/);
  assert.equal((await as('ann', 'playbook', 'approve', uid)).code, 0);
  assert.ok(existsSync(second), 'one is not enough');

  await stop?.('SIGKILL');
  stop = await startAgent(environment, '--mode', 'kernel');
  const again = await as('Ann', 'playbook', 'approve', uid);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /approved it already/);
  assert.equal((await as('bob', 'playbook', 'approve', uid)).code, 0);
  assert.equal((await runWhen('done')).uid, uid);
  assert.ok(!existsSync(second));
  const { actions } = await json<{ actions: Action[] }>('respond', 'list');
  assert.deepEqual(
    actions.map(({ status, run }) => [status, run]),
    [
      ['done', uid],
      ['done', uid],
    ],
  );
  assert.ok(actions.some(({ until = 0 }) => until > Date.now()));

  assert.equal((await ask('playbook', 'undo', uid)).code, 0);
  for (const path of [first, second]) assert.equal(readFileSync(path, 'utf8'), 'marker');
  const entries = await json<JournalEntry[]>('journal', 'list');
  const words = entries.map(({ actor, action, outcome }) => `${actor.split(' ')[0]} ${action} ${outcome}`);
  for (const word of ['redoubt playbook.run begun', 'ann playbook.approve done', 'bob playbook.approve done'])
    assert.ok(words.includes(word), `${word} in ${words}`);
  assert.match(words[0] ?? '', /playbook.undo undone/);
  assert.equal((await ask('journal', 'verify')).code, 0);
});

test('a dry run changes nothing, an act by hand says first what it does, and is undone', async () => {
  const about = (await json<Finding[]>('findings')).find(
    ({ finding_info: info }) => info.analytic.uid === 'fileless-exec-memfd',
  );
  const finding = about?.finding_info.uid ?? '';
  const dry = await ask('playbook', 'run', 'two-files', '--finding', finding, '--dry-run');
  assert.match(dry.stdout, /sealed into the vault/);
  assert.ok(existsSync(first));
  assert.match((await ask('respond', 'kinds')).stdout, /block-domain/);
  for (const [kind, ...words] of [
    ['block-address', '--address', '127.0.0.1'],
    ['block-domain', '--domain', 'bad.example'],
    ['block-hash', '--sha256', 'none'],
    ['restore-file', '--path', first],
  ] as const) {
    const refused = await ask('respond', 'plan', kind, ...words);
    assert.equal(refused.code, 2, kind);
    assert.ok(refused.stderr.length > 0);
  }
  const done = await json<Action>(
    'respond',
    'run',
    'quarantine-file',
    '--path',
    first,
    '--for',
    '1h',
    '--yes',
  );
  assert.ok(!existsSync(first));
  assert.match((await ask('respond')).stdout, /quarantine/);
  assert.equal((await ask('respond', 'extend', done.uid, '--for', '2h')).code, 0);
  assert.equal((await ask('respond', 'undo', done.uid)).code, 0);
  assert.ok(existsSync(first));
});
