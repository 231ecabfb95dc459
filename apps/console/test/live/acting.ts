/** Responses and playbooks over a real agent: plan, act, undo, and the journal with who did it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { LiveFixture } from '../live-agent.ts';

/** The state letter in `/proc/PID/stat`. */
function stateOf(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] ?? '';
}

/** Somebody guesses a password and gets in, as sshd would log it. */
function guess(log: string, address: string): void {
  const line = (words: string): string =>
    `${new Date().toISOString()} web1 sshd[4242]: ${words} for root from ${address} port 40100 ssh2\n`;
  appendFileSync(log, line('Failed password').repeat(12) + line('Accepted password'));
}

export function actingPages(live: LiveFixture): void {
  test('a process is suspended once its plan was seen, goes on when that is undone, and the journal names who', async t => {
    const sleeper = spawn('sleep', ['1000'], { stdio: 'ignore' });
    t.after(() => sleeper.kill('SIGKILL'));
    const { page, assertClean } = await live.enter('#/responses');
    await page.getByText('No action is in force.').waitFor();
    await page.getByRole('button', { name: 'Suspend a process tree' }).click();
    await page.getByLabel('Process (pid)').fill(String(sleeper.pid));
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    await page.getByRole('heading', { name: 'The way back' }).waitFor();
    assert.notEqual(stateOf(sleeper.pid), 'T', 'a plan changes nothing');
    await page.getByLabel('Your name').fill('李雷');
    await page.getByRole('button', { name: 'Suspend a process tree now' }).click();
    const standing = page.getByRole('table', { name: 'In force' });
    await standing.getByText('李雷 (console)').waitFor();
    assert.equal(stateOf(sleeper.pid), 'T');
    await standing.getByRole('button', { name: /^Undo: / }).click();
    await page.getByRole('button', { name: 'Yes, undo' }).click();
    await page.getByRole('table', { name: 'Done before' }).getByText('undone').waitFor();
    assert.notEqual(stateOf(sleeper.pid), 'T');
    await page.getByRole('link', { name: 'Journal' }).click();
    await page.getByRole('searchbox').fill('李雷');
    await page.getByRole('list', { name: 'Entries' }).getByText('undone', { exact: true }).waitFor();
    assertClean();
  });

  test('what must not be done is refused with its reason, in Chinese too', async () => {
    const { page, assertClean } = await live.enter('#/responses?kind=kill-tree', { locale: 'zh-CN' });
    await page.getByLabel('进程（pid）').fill('1');
    await page.getByRole('button', { name: '先看会做什么' }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByRole('button', { name: /^立即执行/ }).count(), 0);
    assertClean(409);
  });

  test('a finding leads to its playbook, which tells step by step what it would do', async () => {
    guess(live.authLog, '203.0.113.9');
    const { page, assertClean } = await live.enter('#/findings', { locale: 'zh-CN' });
    await page.getByRole('link', { name: /SSH/ }).first().click();
    await page.getByRole('heading', { level: 2, name: '处置', exact: true }).waitFor();
    await page.getByRole('link', { name: '剧本', exact: true }).click();
    await page.getByRole('button', { name: '运行口令被猜中' }).click();
    await page.getByRole('button', { name: '先看会做什么' }).click();
    const steps = page.getByRole('list', { name: '方案' });
    await steps.getByText('block-address').waitFor();
    await steps.getByText('203.0.113.9').first().waitFor();
    await steps.getByText('须 1 人同意').waitFor();
    await page.getByRole('button', { name: '取消' }).click();
    assertClean();
  });
}
