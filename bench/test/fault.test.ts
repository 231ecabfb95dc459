/** The short version of `bench fault`: the agent, as a user starts it, comes through kills and a stop. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { killUnderLoad } from '../fault/kill.ts';
import { stopUnderLoad } from '../fault/stop.ts';
import { cleanUp } from '../lib/cleanup.ts';
import { seededRandom } from '../lib/pairing.ts';
import { makeWorkplace } from '../lib/workplace.ts';

// A load that a failed test leaves would starve whatever comes after.
afterEach(cleanUp);
const skip = process.getuid?.() === 0 ? false : 'the kernel sensor needs root';

test('killed at random moments under load, it starts again and says so, its recorder sound', {
  skip,
}, async () => {
  const { folder, remove } = makeWorkplace('test-kill');
  const seed = Date.now() % 2 ** 32;
  const result = await killUnderLoad(folder, 2, seededRandom(seed));
  assert.equal(result.kills, 2);
  assert.equal(result.silent, 0, `starts without a word of the kill before (seed ${seed})`);
  assert.ok(result.events > 0);
  await remove();
});

test('stopped for two seconds under load, it counts all that it could not take', { skip }, async () => {
  const { folder, remove } = makeWorkplace('test-stop');
  const { exact, lines, dropped } = await stopUnderLoad(folder, 2);
  assert.ok(exact, JSON.stringify({ lines, dropped }));
  assert.ok(lines.every(({ performed, recorded }) => performed > 0 && recorded > 0));
  await remove();
});
