/** `redoubt journal` over the journal of a real agent. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { JournalEntry } from '@redoubt/model';
import { AgentClient } from '../src/agent/client.ts';
import { redoubt } from './cli.ts';
import { startAgent } from './running-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-cli-journal-'));
const environment = { REDOUBT_SOCKET: join(folder, 'agent.sock'), REDOUBT_STATE: join(folder, 'state') };
const ask = (...words: string[]) => redoubt(['journal', ...words], environment);
let stopAgent: (() => Promise<void>) | undefined;

after(async () => {
  await stopAgent?.();
  rmSync(folder, { recursive: true, force: true });
});

test('sign-ins are listed, tampering is found, a checkpoint tells of a cut', async () => {
  stopAgent = await startAgent(environment);
  const { url } = await new AgentClient(environment.REDOUBT_SOCKET).get<{ url: string }>('/api/page');
  const [base = '', token = ''] = url.split('#token=');
  for (const shown of [token, 'wrong']) {
    await fetch(new URL('/api/session', base), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: shown }),
    });
  }
  await stopAgent();
  const entries: JournalEntry[] = JSON.parse((await ask('list', '--json')).stdout);
  assert.deepEqual(
    entries.map(({ action, outcome }) => `${action} ${outcome}`),
    ['page.sign_in failed', 'page.sign_in done'],
  );
  assert.match((await ask('list', '--lang', 'zh')).stdout, /令牌错误/);

  const checkpoint = join(folder, 'checkpoint.json');
  assert.equal((await ask('checkpoint', '--output', checkpoint)).code, 0);
  assert.equal((await ask('verify', '--checkpoint', checkpoint)).code, 0);

  const journal = join(environment.REDOUBT_STATE, 'journal');
  const [name = ''] = readdirSync(journal).filter(one => one.endsWith('.log'));
  const text = readFileSync(join(journal, name), 'utf8');
  writeFileSync(join(journal, name), text.replace('wrong token', 'right token'));
  const changed = await ask('verify');
  assert.equal(changed.code, 1);
  assert.match(changed.stdout, /forged/);
  assert.equal((await ask('checkpoint')).code, 1);
  writeFileSync(join(journal, name), `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`);
  assert.equal((await ask('verify')).code, 0);
  const cut = await ask('verify', '--checkpoint', checkpoint);
  assert.equal(cut.code, 1);
  assert.match(cut.stdout, /cut/);
  assert.equal((await ask('sideways')).code, 2);
});
