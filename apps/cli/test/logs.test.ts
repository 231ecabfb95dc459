/** `redoubt logs` without an agent: the configuration is shown and changed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LogsAnswer } from '@redoubt/agent/contract';
import { redoubt } from './cli.ts';

const state = mkdtempSync(join(tmpdir(), 'redoubt-cli-logs-'));
after(() => rmSync(state, { recursive: true, force: true }));

const logs = (...words: string[]) => redoubt(['logs', ...words, '--state', state]);
const names = async () => {
  const { items } = JSON.parse((await logs('--json')).stdout) as LogsAnswer;
  return items.map(item => item.name);
};

test('a source is added, listed and removed', async () => {
  const added = await logs('add', 'file', 'shop', '/srv/shop/*.log', '--format', 'web-access');
  assert.equal(added.code, 0, added.stderr);
  assert.ok((await names()).includes('shop'));
  const listed = await logs('--lang', 'zh');
  assert.match(listed.stdout, /来源/);
  assert.match(listed.stdout, /shop +file web-access +已停止/);
  assert.equal((await logs('remove', 'shop')).code, 0);
  assert.ok(!(await names()).includes('shop'));
});

test('a receiver of Windows events gets a token that only its owner reads', async () => {
  assert.equal((await logs('add', 'winevents', 'windows')).code, 0);
  const path = join(state, 'windows.token');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(readFileSync(path, 'utf8'), /^[0-9a-f]{48}\n$/);
});

test('what is wrong is told with line and key, and nothing is changed', async () => {
  const before = readFileSync(join(state, 'logs.yml'), 'utf8');
  const wrong = [
    ['add', 'syslog', 'net'],
    ['add', 'file', 'a', '/x', '--format', 'nothing'],
    ['add', 'winevents', 'windows'],
    ['add', 'winevents', 'far', '--address', '192.0.2.1'],
    ['add', 'fifo', 'a'],
    ['remove', 'nobody'],
    ['list'],
  ];
  for (const words of wrong) assert.equal((await logs(...words)).code, 2, words.join(' '));
  const { stderr } = await logs('add', 'syslog', 'net');
  assert.match(stderr, /logs\.yml:\d+: sources\[\d\]: needs at least one of/);
  assert.equal(readFileSync(join(state, 'logs.yml'), 'utf8'), before);
});
