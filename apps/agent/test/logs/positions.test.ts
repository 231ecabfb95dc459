/** Positions of logs on disk: never ahead of what the next run will know to be recorded already. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogPositions } from '../../src/logs/positions.ts';
import { RecordedBefore } from '../../src/logs/recorded.ts';

test('nothing is saved until what the last run recorded has come again', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-positions-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const recorder = { flush: async () => undefined, stats: () => ({ nextSequence: 7 }) };
  const recorded = new RecordedBefore();
  const positions = new LogPositions(folder, recorder as never, () => recorded.isAwaiting);
  const file = join(folder, 'log-positions.json');
  recorded.expect('web', 'a line');
  positions.set('web', '/x', { cursor: '1' });
  await positions.save();
  assert.equal(existsSync(file), false);
  assert.ok(recorded.take('web', 'a line'));
  await positions.close();
  assert.equal(existsSync(file), true);
  const next = new LogPositions(folder, recorder as never);
  assert.equal(await next.load(), 7);
  assert.deepEqual(next.of('web').get('/x'), { cursor: '1' });
  await next.close();
});
