/** `redoubt intel` against a real agent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { IntelligenceAnswer, IntelligenceReport } from '@redoubt/agent/intelligence';
import { redoubt } from './cli.ts';
import { startAgent } from './running-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-cli-intel-'));
const environment = { REDOUBT_SOCKET: join(folder, 'agent.sock'), REDOUBT_STATE: join(folder, 'state') };
const list = join(folder, 'own.txt');
let stopAgent: (() => Promise<void>) | undefined;

const ask = (...words: string[]) => redoubt(['intel', ...words], environment);
async function json<T>(...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await ask(...words, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

before(async () => {
  stopAgent = await startAgent(environment);
});

after(async () => {
  await stopAgent?.();
  rmSync(folder, { recursive: true, force: true });
});

test('a file is imported, listed, held and removed', async () => {
  assert.match((await ask()).stdout, /No sources/);
  writeFileSync(list, '198.51.100.7\nbad.example\nnothing to see\n');
  const report = await json<IntelligenceReport>(
    'import',
    list,
    '--source',
    'own',
    '--local',
    '--confidence',
    '80',
  );
  assert.deepEqual([report.indicators, report.fresh, report.refused], [2, 2, 1]);
  assert.ok(report.hunt);
  const again = await ask('import', list, '--source', 'own', '--local', '--lang', 'zh');
  assert.match(again.stdout, /own：共 2 条指标.*新增 0 条/);
  assert.match(again.stdout, /line 3/);
  const { items } = await json<IntelligenceAnswer>('list');
  assert.deepEqual(
    items.map(({ name, indicators, local, origin }) => [name, indicators, local, origin]),
    [['own', 2, true, list]],
  );
  assert.equal((await ask('hold', 'own')).code, 0);
  assert.match((await ask('list')).stdout, /own +2 +held, local/);
  assert.equal((await ask('hold', 'own', '--off')).code, 0);
  assert.match((await ask('remove', 'own')).stdout, /2 indicators/);
  assert.match((await ask('list')).stdout, /No sources/);
});

test('a feed is fetched, with a secret that is not shown', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, answer) => {
    seen.push(request.headers.authorization);
    if (request.url?.startsWith('/feed.csv') === true) answer.end('ip,note\n203.0.113.5,x\n');
    else answer.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'word\n');
    const words = ['--source', 'net', '--local', '--secret-file', secret];
    const report = await json<IntelligenceReport>('import', `${base}/feed.csv?key=1`, ...words);
    assert.equal(report.indicators, 1);
    assert.deepEqual(seen, ['Bearer word']);
    const { items } = await json<IntelligenceAnswer>('list');
    assert.equal(items[0]?.origin, `${base}/feed.csv`);
    const missing = await ask('import', `${base}/no.csv`, '--source', 'net');
    assert.equal(missing.code, 3);
    assert.match(missing.stderr, /404/);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('what is wrong is said, and changes nothing', async () => {
  const cut = join(folder, 'cut.json');
  writeFileSync(cut, '{"type":"bundle","objects":[{');
  const damaged = await ask('import', cut, '--source', 'net');
  assert.equal(damaged.code, 1);
  assert.match(damaged.stderr, /cut\.json|object/);
  const unclear = join(folder, 'unclear.bin');
  writeFileSync(unclear, 'x');
  for (const words of [
    ['import', list],
    ['import', join(folder, 'absent.txt'), '--source', 'a'],
    ['import', unclear, '--source', 'a'],
    ['import', list, '--source', 'a', '--format', 'yara'],
    ['import', list, '--source', 'a', '--confidence', '101'],
    ['import', list, '--source', 'a', '--format', 'taxii'],
    ['import', list, '--source', 'a', '--user', 'u'],
    ['remove', 'absent'],
    ['hold', 'absent'],
    ['remove'],
    ['dance', 'x'],
  ]) {
    const { code, stderr } = await ask(...words);
    assert.equal(code, 2, `${words.join(' ')}: ${stderr}`);
  }
  assert.equal((await json<IntelligenceAnswer>('list')).indicators, 1);
});

test('without an agent there is nothing to ask', async () => {
  await stopAgent?.();
  for (const words of [['list'], ['import', list, '--source', 'own'], ['remove', 'net'], ['hold', 'net']]) {
    const { code, stderr } = await ask(...words);
    assert.equal(code, 3, words.join(' '));
    assert.match(stderr, /No agent is running/);
  }
});
