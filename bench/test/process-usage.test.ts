import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { ended, until } from '../lib/command.ts';
import { cpuSeconds, memoryOf, processTree, watchUsage } from '../lib/process-usage.ts';

test('CPU time and memory of this process agree with what Node says', () => {
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 200_000) Math.sqrt(2);
  const { user, system } = process.cpuUsage();
  // /proc counts whole ticks of 10 ms, each for user and system time.
  assert.ok(Math.abs(cpuSeconds([process.pid]) - (user + system) / 1e6) < 0.1);
  const { rss, pss } = memoryOf([process.pid]);
  const known = process.memoryUsage.rss();
  assert.ok(rss > known / 2 && rss < known * 2, `${rss} bytes for ${known}`);
  assert.ok(pss > 0 && pss <= rss);
});

test('a tree holds children and grandchildren, and ended processes count as nothing', async t => {
  const child = spawn('sh', ['-c', 'sleep 100 & wait'], { detached: true, stdio: 'ignore' });
  const pid = child.pid ?? assert.fail('sh did not start');
  t.after(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
  });
  const tree = await until('the grandchild', () => {
    const pids = processTree(pid);
    return pids.length === 2 ? pids : undefined;
  });
  assert.equal(tree[0], pid);
  assert.ok(processTree(process.pid).includes(tree[1] ?? 0));
  const stop = watchUsage(pid);
  process.kill(-pid, 'SIGKILL');
  await ended(child);
  assert.equal(cpuSeconds([pid]), 0);
  assert.deepEqual(memoryOf([pid]), { rss: 0, pss: 0 });
  assert.ok(stop().peakRss > 0);
});
