/** The owner of the gate is killed or stopped: no program hangs. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { program, Stranger, settled, tmpfs } from './support.ts';

const skip = process.getuid?.() === 0 ? false : 'fanotify needs root';

async function owned(t: TestContext): Promise<{ folder: string; owner: ChildProcess; stranger: Stranger }> {
  const folder = tmpfs(t);
  const stranger = await new Stranger(t).ready();
  const owner = spawn(process.execPath, [join(import.meta.dirname, 'agent-child.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => owner.kill('SIGKILL'));
  await once(owner.stdout as NodeJS.ReadableStream, 'data');
  return { folder, owner, stranger };
}

interface Counters {
  takenOver: number;
  letThrough: number;
  asked: number;
  waiting: number;
}

async function countersOf(owner: ChildProcess): Promise<Counters> {
  const answer = once(owner.stdout as NodeJS.ReadableStream, 'data');
  owner.kill('SIGUSR1');
  return JSON.parse(String((await answer)[0])) as Counters;
}

/** Waits until a program is held by the gate. */
async function held(owner: ChildProcess): Promise<void> {
  while ((await countersOf(owner)).waiting === 0) await pause(20);
}

for (const [what, hold] of [
  ['while a program waits', true],
  ['before a program is started', false],
] as const) {
  test(`killed ${what}: the kernel lets it through`, { skip }, async t => {
    const { folder, owner, stranger } = await owned(t);
    const path = program(folder, 'x');
    const early = hold ? stranger.run(path) : undefined;
    if (hold) await held(owner);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    assert.equal(await (early ?? stranger.run(path)), 0);
  });

  test(`stopped ${what}: the watchdog lets it through, and the gate goes on afterwards`, {
    skip,
  }, async t => {
    const { folder, owner, stranger } = await owned(t);
    const [path, good] = [program(folder, 'x'), program(folder, 'good')];
    await pause(settled);
    const early = hold ? stranger.run(path) : undefined;
    if (hold) await held(owner);
    owner.kill('SIGSTOP');
    assert.equal(await (early ?? stranger.run(path)), 0);
    for (let time = 0; time < 20; time++) assert.equal(await stranger.run(path), 0);
    owner.kill('SIGCONT');
    // The watchdog goes on until the owner's thread has come round.
    do assert.equal(await stranger.run(good), 0);
    while ((await countersOf(owner)).asked === (hold ? 1 : 0));
    const counters = await countersOf(owner);
    assert.ok(counters.takenOver >= 1);
    assert.ok(counters.letThrough >= 20, JSON.stringify(counters));
  });
}

test('killed while stopped: nothing hangs, and the watchdog is gone', { skip }, async t => {
  const { folder, owner, stranger } = await owned(t);
  const path = program(folder, 'x');
  owner.kill('SIGSTOP');
  assert.equal(await stranger.run(path), 0);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  assert.equal(await stranger.run(path), 0);
});
