/** A look at some kinds of start-up items beside looks at all of them, in the agent's own worker thread. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { LookOrder, LookReport } from '../src/inventory/part.ts';

const worker = join(import.meta.dirname, '../src/inventory/worker.ts');

function place(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-looks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'root');
  for (const path of ['etc/cron.d', 'etc/systemd/system']) mkdirSync(join(root, path), { recursive: true });
  const put = (path: string, text: string) => writeFileSync(join(root, path), text);
  put('etc/cron.d/first', '* * * * * root /usr/bin/true\n');
  const order = { path: join(folder, 'memory.json'), root };
  return { put, order };
}

/** One look; what it found is remembered unless the agent is killed before it has told of it. */
async function look(order: LookOrder, isKilled = false): Promise<LookReport> {
  const thread = new Worker(worker, { workerData: order });
  const ended = new Promise<void>((resolve, reject) => {
    thread.once('error', reject);
    thread.once('exit', () => resolve());
  });
  const report = await new Promise<LookReport>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  if (isKilled) await thread.terminate();
  else thread.postMessage('told');
  await ended;
  return report;
}

const paths = ({ judged }: LookReport) =>
  judged.map(({ change }) =>
    String((change.kind === 'removed' ? change.before : change.after).facts['path']),
  );

test('a look at some kinds tells of those, and leaves the others to the next look at all', async t => {
  const { put, order } = place(t);
  const first = await look({ ...order, kinds: ['cron'] });
  assert.deepEqual([first.isFirst, first.isWhole, paths(first)], [true, true, []], 'all is learned');

  put('etc/cron.d/second', '* * * * * root /usr/bin/false\n');
  put('etc/systemd/system/new.service', '[Service]\nExecStart=/usr/bin/true\n');
  const killed = await look({ ...order, kinds: ['cron'] }, true);
  assert.deepEqual(paths(killed), ['/etc/cron.d/second']);
  const some = await look({ ...order, kinds: ['cron'] });
  assert.deepEqual([some.isWhole, paths(some)], [false, ['/etc/cron.d/second']], 'told again after the kill');
  assert.ok(some.items > first.items, 'what was not looked at is still remembered');
  assert.deepEqual(paths(await look({ ...order, kinds: ['cron'] })), [], 'once');

  const all = await look(order);
  assert.deepEqual([all.isWhole, [...new Set(paths(all))]], [true, ['/etc/systemd/system/new.service']]);
  assert.deepEqual(paths(await look(order)), []);
});

test('a memory that is damaged is told, and everything is learned anew', async t => {
  const { order } = place(t);
  const first = await look(order);
  writeFileSync(order.path, '{"entries": [');
  const damaged = await look({ ...order, kinds: ['cron'] });
  assert.ok(damaged.damage);
  assert.deepEqual([damaged.isFirst, damaged.isWhole, damaged.items], [true, true, first.items]);
  assert.equal((await look(order)).damage, undefined);
});
