/** The gate on a tmpfs of its own, so that nothing of this machine is ever gated. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ExecGate, type GatedFile, type GateEvent, type GateOptions, parseMounts } from '../../src/index.ts';
import { below, program, Stranger, settled, tmpfs } from './support.ts';

const skip = process.getuid?.() === 0 ? false : 'fanotify needs root';

interface World {
  folder: string;
  gate: ExecGate;
  stranger: Stranger;
  asked: string[];
  events: GateEvent[];
}

async function world(
  t: TestContext,
  judge: (file: GatedFile) => Promise<{ allow: boolean; remember: boolean }>,
  options: Partial<GateOptions> = {},
): Promise<World> {
  const folder = tmpfs(t);
  const stranger = await new Stranger(t).ready();
  const asked: string[] = [];
  const events: GateEvent[] = [];
  const gate = ExecGate.open({
    judge: file => {
      asked.push(file.path);
      return judge(file);
    },
    onEvent: event => events.push(event),
    covers: below(folder),
    ...options,
  });
  t.after(() => gate.close());
  return { folder, gate, stranger, asked, events };
}

const byName = async ({ path }: GatedFile) => ({ allow: !path.includes('bad'), remember: true });

test('a program waits for its verdict; what is remembered is answered without asking', { skip }, async t => {
  const { folder, gate, stranger, asked, events } = await world(t, byName);
  gate.enforce(true);
  const [good, bad] = [program(folder, 'good'), program(folder, 'bad')];
  await pause(settled);
  for (let time = 0; time < 3; time++) {
    assert.equal(await stranger.run(good), 0);
    assert.equal(await stranger.run(bad), 126);
  }
  assert.deepEqual(asked.sort(), [bad, good]);
  const counters = gate.counters();
  assert.equal(counters.cachedAllows, 2);
  assert.equal(counters.denies, 3);
  while (events.length < 2) await pause(5); // an answer goes to the kernel before it is told
  assert.deepEqual(
    events.map(({ kind, path }) => [kind, path]),
    [
      ['denied', bad],
      ['denied', bad],
    ],
  );
});

test('a program that has changed is asked for again', { skip }, async t => {
  const contents: string[] = [];
  const { folder, gate, stranger, asked } = await world(t, async ({ fd }) => {
    contents.push(readFileSync(`/proc/self/fd/${fd}`, 'latin1').slice(-4));
    return { allow: true, remember: true };
  });
  gate.enforce(true);
  const path = program(folder, 'good');
  await pause(settled);
  await stranger.run(path);
  await stranger.run(path);
  assert.equal(asked.length, 1);
  appendFileSync(path, 'more');
  await stranger.run(path);
  await stranger.run(path);
  assert.equal(asked.length, 3, 'while it is so new that a change might not show, nothing is remembered');
  assert.equal(contents[1], 'more');
});

test('at audit nothing waits and nothing is denied; it is judged all the same', { skip }, async t => {
  const { folder, gate, stranger, events } = await world(t, byName);
  const bad = program(folder, 'bad');
  await pause(settled);
  assert.equal(await stranger.run(bad), 0);
  while (gate.counters().wouldDeny === 0) await pause(5);
  assert.equal(await stranger.run(bad), 0);
  while (events.length === 0) await pause(5);
  assert.equal(
    gate.counters().wouldDeny,
    2,
    'the first start counts as well as those that are known by then',
  );
  assert.equal(gate.counters().denies, 0);
});

test('without a verdict in time a program is let through, counted and told', { skip }, async t => {
  let release = (): void => undefined;
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  const { folder, gate, stranger, events } = await world(
    t,
    async () => {
      await held;
      return { allow: false, remember: true };
    },
    { timeout: 100 },
  );
  gate.enforce(true);
  const path = program(folder, 'bad');
  await pause(settled);
  assert.equal(await stranger.run(path), 0);
  assert.equal(gate.counters().timeouts, 1);
  while (events.length === 0) await pause(5);
  assert.deepEqual([events[0]?.kind, events[0]?.path], ['timed-out', path]);
  release();
  await pause(50);
  assert.equal(await stranger.run(path), 126, 'the verdict that came late counts from then on');
});

test('a judge that fails lets through, and says why', { skip }, async t => {
  const { folder, gate, stranger, events } = await world(t, async () => {
    throw new Error('no rules');
  });
  gate.enforce(true);
  assert.equal(await stranger.run(program(folder, 'x')), 0);
  assert.match(String(events[0]?.error), /no rules/);
});

test('children of this process, and what is on the bypass list, never wait', { skip }, async t => {
  const { folder, gate, stranger, asked } = await world(t, async () => ({ allow: false, remember: true }));
  gate.enforce(true);
  mkdirSync(join(folder, 'rescue'));
  const [inside, beside] = [program(folder, 'rescue/tool'), program(folder, 'rescue-not')];
  execFileSync(beside);
  gate.bypass([join(folder, 'rescue')]);
  assert.equal(await stranger.run(inside), 0);
  assert.equal(await stranger.run(beside), 126);
  assert.deepEqual(asked, [beside]);
});

test('many starts of one program ask once', { skip }, async t => {
  const { folder, gate, asked } = await world(t, async () => {
    await pause(100);
    return { allow: true, remember: false };
  });
  gate.enforce(true);
  const path = program(folder, 'good');
  const strangers = await Promise.all(Array.from({ length: 8 }, () => new Stranger(t).ready()));
  const statuses = await Promise.all(strangers.map(one => one.run(path)));
  assert.deepEqual(new Set(statuses), new Set([0]));
  const { asked: count, joined } = gate.counters();
  assert.equal(count + joined, 8);
  assert.equal(asked.length, count);
  assert.ok(joined > 0);
});

test('files that are written are told, also by containers and on media that appear later', {
  skip,
}, async t => {
  const written: string[] = [];
  const { folder, gate, stranger } = await world(t, byName, {
    onWritten: ({ fd, path }) => {
      written.push(path);
      closeSync(fd);
    },
  });
  gate.enforce(true);
  const later = join(folder, 'media');
  mkdirSync(later);
  execFileSync('mount', ['-t', 'tmpfs', 'redoubt-later', later]);
  while (gate.covered.length < 2) await pause(10);
  const bad = program(later, 'bad');
  assert.equal(await stranger.run(`cp /bin/true ${later}/copy`), 0);
  while (!written.includes(`${later}/copy`)) await pause(10);
  assert.ok(!written.includes(bad), 'what this process writes itself is not told');
  assert.equal(await stranger.run(bad), 126);
});

test('closed, it lets whoever waits through', { skip }, async t => {
  const { folder, gate, stranger, asked } = await world(t, () => new Promise(() => undefined), {
    timeout: 60_000,
  });
  gate.enforce(true);
  const done = stranger.run(program(folder, 'x'));
  while (asked.length === 0) await pause(5);
  gate.close();
  assert.equal(await done, 0);
});

test('a watchdog that is killed is told and started anew', { skip }, async t => {
  const { gate, events } = await world(t, byName);
  const watchdog = (): string | undefined =>
    execFileSync('pgrep', ['-P', String(process.pid), '-x', 'redoubt-gate'], { encoding: 'utf8' })
      .trim()
      .split('\n')[0];
  const first = Number(watchdog());
  process.kill(first, 'SIGKILL');
  while (events.length === 0) await pause(10);
  assert.equal(events[0]?.kind, 'watchdog-lost');
  assert.notEqual(Number(watchdog()), first);
  assert.equal(gate.counters().takenOver, 0);
});

test('mountinfo is read with its escapes, and nonsense is left out', () => {
  const text = String.raw`25 1 8:1 / /a\040b rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw
nonsense
26 25 0:5 / /proc rw - proc proc rw`;
  assert.deepEqual(
    parseMounts(text).map(({ device, point, type }) => [device, point, type]),
    [
      ['8:1', '/a b', 'ext4'],
      ['0:5', '/proc', 'proc'],
    ],
  );
});
