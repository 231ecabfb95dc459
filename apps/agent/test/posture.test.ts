/** The parts that look at memory, kernel, start-up items, boot and golden states, through one agent's API. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { BootAnswer } from '../src/boot/contract.ts';
import type { IntegrityAnswer } from '../src/integrity/contract.ts';
import type { InventoryAnswer, InventoryListing } from '../src/inventory/contract.ts';
import type { MemoryAnswer } from '../src/memory/contract.ts';
import type { RootkitAnswer } from '../src/rootkit/contract.ts';
import { eventually, startAgent, type TestAgent } from './support/running.ts';

const isRoot = process.getuid?.() === 0;
let agent: TestAgent;
before(async () => {
  agent = await startAgent({ mode: 'reduced' });
});
after(() => agent.end());

/** `POST` through the unix socket, which some routes ask for. */
function post<Answer>(path: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request({ socketPath: agent.options.socket, path, method: 'POST' }, response => {
    let text = '';
    response.setEncoding('utf8').on('data', part => {
      text += part;
    });
    response.on('end', () =>
      response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${path}: ${text}`)),
    );
  });
  asked.on('error', reject).end();
  return promise;
}

test('a look at the start-up items learns them, and one of them is listed with its facts', async () => {
  const { items, looks, looked } = await post<InventoryAnswer>('/api/inventory/look');
  assert.ok(items > 0 && looks > 0 && looked !== null);
  const { items: listed } = await agent.get<InventoryListing>('/api/inventory/accounts');
  assert.ok(listed.some(({ key }) => key.includes('root')));
  assert.equal((await agent.ask('/api/inventory/look', { method: 'POST' })).status, 403, 'not over TCP');
});

test('the kernel is checked on demand, and what was looked at is told', async () => {
  const { report } = await post<RootkitAnswer>('/api/rootkit/check');
  assert.ok(report?.views.some(({ name, state }) => name === 'processes/proc' && state === 'looked'));
  assert.deepEqual((await agent.get<RootkitAnswer>('/api/rootkit')).report, report);
});

test('the memory of all processes is checked on demand', { skip: !isRoot && 'needs root' }, async () => {
  const { checking } = await agent
    .ask('/api/memory/check', { method: 'POST' })
    .then(answer => answer.json() as Promise<MemoryAnswer>);
  assert.equal(checking, true);
});

test('without golden states, that is what is said', async () => {
  const boot = await agent.get<BootAnswer>('/api/boot');
  assert.deepEqual([boot.checked_time, boot.changed_pcrs], [null, []]);
  const integrity = await agent.get<IntegrityAnswer>('/api/integrity');
  assert.equal(integrity.watching, false);
  assert.match(integrity.reason?.en ?? '', /there is no golden state of files/);
});

test('a start-up item that comes is found by the next look', { skip: !isRoot && 'needs root' }, async t => {
  const file = `/etc/cron.d/redoubt-test-${process.pid}`;
  t.after(() => rmSync(file, { force: true }));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '17 3 * * * nobody /bin/true\n', { mode: 0o644 });
  const { findings } = await post<InventoryAnswer>('/api/inventory/look');
  assert.ok(findings > 0);
  const found = await eventually(async () => {
    const { items } = await agent.get<{ items: { message: string; redoubt: { dedup_key: string } }[] }>(
      '/api/findings?limit=200',
    );
    return items.find(({ redoubt }) =>
      redoubt.dedup_key.includes(join('/etc/cron.d', `redoubt-test-${process.pid}`)),
    );
  });
  assert.match(found.redoubt.dedup_key, /^persistence:added:/);
});
