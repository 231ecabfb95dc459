/** The commands against a real agent, started by `up` and ended by an interrupt. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { redoubt } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-cli-'));
const socket = join(folder, 'agent.sock');
const environment = { REDOUBT_SOCKET: socket, REDOUBT_STATE: join(folder, 'state') };
const main = join(import.meta.dirname, '..', 'src', 'main.ts');

let agent: ChildProcessByStdio<null, Readable, Readable>;
let mode = '';
let url = '';
const lines: string[] = [];
const complaints: string[] = [];

before(async () => {
  agent = spawn(process.execPath, [main, 'up', '--port', '0', '--json'], {
    env: { ...process.env, ...environment, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  agent.stderr.setEncoding('utf8').on('data', (words: string) => complaints.push(words));
  const reader = createInterface({ input: agent.stdout });
  reader.on('line', line => lines.push(line));
  await Promise.race([once(reader, 'line'), once(agent, 'exit')]);
  assert.ok(lines[0] !== undefined, `the agent did not start: ${complaints.join('')}`);
  const begun = JSON.parse(lines[0]) as { url: string; summary: { agent: { mode: string } } };
  mode = begun.summary.agent.mode;
  url = begun.url;
});

after(async () => {
  if (agent.exitCode === null && agent.signalCode === null) {
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

const ask = (...words: string[]) => redoubt(words, environment);

test('an agent is found by its state folder, wherever it listens', async () => {
  const elsewhere = { REDOUBT_SOCKET: join(folder, 'absent.sock') };
  const named = await redoubt(['bans', 'list', '--state', environment.REDOUBT_STATE], elsewhere);
  assert.equal(named.code, 0, named.stderr);
  assert.equal((await redoubt(['bans', 'list'], elsewhere)).code, 3);
});

test('status tells sensors and rates', async () => {
  const { code, stdout } = await ask('status');
  assert.ok(code === 0 || code === 1);
  assert.match(stdout, /sensors/);
  assert.match((await ask('status', '--lang', 'zh')).stdout, /传感器/);
  assert.equal(
    (JSON.parse((await ask('status', '--json')).stdout) as { agent: { mode: string } }).agent.mode,
    mode,
  );
});

test('ps shows this very process below its ancestors', async () => {
  const { code, stdout } = await ask('ps', String(process.pid), '--json');
  assert.equal(code, 0);
  const pids = (JSON.parse(stdout) as { pid: number }[]).map(node => node.pid);
  assert.ok(pids.includes(process.pid));
  assert.ok(pids.includes(process.ppid));
});

test('a second agent is refused in words', async () => {
  const second = spawn(process.execPath, [main, 'up', '--port', '0'], {
    env: { ...process.env, ...environment, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  assert.match(await text(second.stderr), /already running/);
  if (second.exitCode === null) await once(second, 'exit');
  assert.equal(second.exitCode, 3);
});

test('the page is served at the printed address', async () => {
  const answer = await fetch(new URL('/', url));
  assert.ok(answer.status === 200 || answer.status === 404);
  assert.match(url, /#token=./);
});

test('--follow shows a program that starts meanwhile', async () => {
  const words = [main, 'events', '--follow', '--json', '--kind', 'process.exec'];
  const follower = spawn(process.execPath, words, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const marker = `redoubt-follow-${process.pid}`;
  const timer = setInterval(() => spawn('sh', ['-c', 'sleep 0.3', marker]), 500);
  try {
    let seen = false;
    for await (const line of createInterface({ input: follower.stdout })) {
      seen = line.includes(marker);
      if (seen) break;
    }
    assert.ok(seen);
  } finally {
    clearInterval(timer);
    follower.kill('SIGTERM');
  }
});

test('an error in a filter is told with its place', async () => {
  const { code, stderr } = await ask('events', '--where', 'process.pid = = 1');
  assert.equal(code, 2, stderr);
  assert.match(stderr, /column/);
});

test('every drill that this host allows is found; findings can be shown and resolved', async () => {
  const words = mode === 'kernel' ? ['drill', '--all', '--json'] : ['drill', 'exec-from-tmp', '--json'];
  const { code, stdout, stderr } = await ask(...words);
  const report = JSON.parse(stdout || '{}') as {
    missed: number;
    failed: number;
    found: number;
    drills: { verdict: string; drill: string; finding_uid?: string }[];
  };
  const bad = report.drills.filter(one => one.verdict === 'missed' || one.verdict === 'failed');
  assert.deepEqual(bad, [], stderr);
  assert.equal(code, 0);
  assert.ok(report.found > 0);

  const uid = report.drills.find(one => one.finding_uid !== undefined)?.finding_uid ?? '';
  const shown = await ask('findings', 'show', uid);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /Reasons[\s\S]*Evidence[\s\S]*Process tree/);
  assert.equal((await ask('findings', '--exit-code')).code, 1);
  const resolved = await ask('findings', 'resolve', uid, '--comment', 'a drill', '--json');
  assert.equal((JSON.parse(resolved.stdout) as { status_id: number }).status_id, 4);
  const unknown = await ask('findings', 'show', 'no-such-finding');
  assert.equal(unknown.code, 2);
});

test('an interrupt ends the agent, which says what was recorded; the record stays readable', async () => {
  agent.kill('SIGINT');
  const [code] = (await once(agent, 'exit')) as [number | null];
  assert.equal(code, 0, complaints.join(''));
  const last = JSON.parse(lines.at(-1) ?? '{}') as { summary?: { events: { total: number } } };
  assert.ok((last.summary?.events.total ?? 0) > 0);
  assert.equal(existsSync(socket), false);
  const events = await ask('events', '--limit', '5', '--json');
  assert.equal(events.code, 0, events.stderr);
  assert.equal(events.stdout.trim().split('\n').length, 5);
  const kept = JSON.parse((await ask('findings', '--all', '--json')).stdout) as unknown[];
  assert.ok(kept.length > 0);
});
