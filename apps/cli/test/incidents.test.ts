/** `redoubt incidents` against a real agent, and against the record that it leaves. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import type { Incident, Suppression } from '@redoubt/model';
import { redoubt } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-cli-incidents-'));
const environment = {
  REDOUBT_SOCKET: join(folder, 'agent.sock'),
  REDOUBT_STATE: join(folder, 'state'),
  USER: 'li',
};
const main = join(import.meta.dirname, '..', 'src', 'main.ts');
let agent: ChildProcessByStdio<null, Readable, Readable>;
let findingUid: string | undefined;

const ask = (...words: string[]) => redoubt(words, environment);
async function json<T>(...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await ask(...words, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

before(async () => {
  agent = spawn(process.execPath, [main, 'up', '--port', '0', '--json'], {
    env: { ...process.env, ...environment, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  agent.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  const lines = createInterface({ input: agent.stdout });
  await Promise.race([once(lines, 'line'), once(agent, 'exit')]);
  assert.equal(agent.exitCode, null, complaints.join(''));
  // A busy machine may be slower than a drill is patient.
  while (findingUid === undefined) {
    const report = JSON.parse((await ask('drill', 'exec-from-tmp', '--json')).stdout) as {
      drills: { finding_uid?: string }[];
    };
    findingUid = report.drills[0]?.finding_uid;
  }
});

after(async () => {
  if (agent.exitCode === null && agent.signalCode === null) {
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

let uid = '';

test('the drill is an incident: listed and told in both languages', async () => {
  const isDrill = ({ finding_info_list: findings }: Incident) => findings.some(one => one.uid === findingUid);
  const incident = (await json<Incident[]>('incidents')).find(isDrill);
  assert.ok(incident);
  uid = incident.metadata.uid;
  const table = await ask('incidents');
  assert.match(table.stdout, /LAST EVENT +SCORE/);
  assert.ok(table.stdout.includes(uid));
  assert.equal((await ask('incidents', '--exit-code')).code, 1);
  assert.match((await ask('incidents', '--min-score', '100')).stdout, /No incidents/);
  const shown = await ask('incidents', 'show', uid);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(
    shown.stdout,
    /Story\n[\s\S]*started[\s\S]*Affected\n[\s\S]*host[\s\S]*Score\n[\s\S]*History\n/,
  );
  const chinese = await ask('incidents', 'show', uid, '--lang', 'zh');
  assert.match(chinese.stdout, /经过\n[\s\S]*启动了[\s\S]*受影响对象\n[\s\S]*评分依据\n[\s\S]*处理记录\n/);
});

test('it is given to someone, commented on, worked on; each with who did it', async () => {
  assert.match((await ask('incidents', 'assign', uid, 'wang')).stdout, /owner wang/);
  assert.equal((await ask('incidents', 'comment', uid, 'this', 'is', 'a', 'drill', '--as', 'wang')).code, 0);
  const incident = await json<Incident>('incidents', 'status', uid, 'progress', '--comment', 'looking');
  assert.equal(incident.status_id, 2);
  assert.deepEqual(
    incident.redoubt.comments.map(({ author, text }) => [author, text]),
    [['wang', 'this is a drill']],
  );
  assert.deepEqual(
    incident.redoubt.history.map(({ author, what }) => [author, what]),
    [
      ['redoubt', 'created'],
      ['li', 'owner'],
      ['li', 'status'],
    ],
  );
});

test('what it came from is suppressed for a time and a reason, listed, and ended', async () => {
  assert.match((await ask('incidents', 'suppress', uid)).stderr, /--reason/);
  assert.match((await ask('incidents', 'suppress', uid, '--reason', 'x', '--for', 'ever')).stderr, /--for/);
  const made = await json<Suppression[]>('incidents', 'suppress', uid, '--reason', 'a drill', '--for', '2h');
  assert.ok(made.length > 0);
  assert.equal(made[0]?.author, 'li');
  assert.match((await ask('incidents', 'suppressions')).stdout, /a drill/);
  assert.ok(!(await ask('incidents')).stdout.includes(uid));
  assert.ok((await ask('incidents', '--all')).stdout.includes('closed'));
  for (const one of made) assert.equal((await ask('incidents', 'unsuppress', one.uid)).code, 0);
  assert.match((await ask('incidents', 'suppressions')).stdout, /Nothing is suppressed/);
  const field = 'evidences.process.file.path=/srv/*';
  const [byField] = await json<Suppression[]>('incidents', 'suppress', '--reason', 'x', '--field', field);
  assert.deepEqual(byField?.conditions, [{ field: 'evidences.process.file.path', value: '/srv/*' }]);
});

test('what is wrong is said, and changes nothing', async () => {
  for (const words of [
    ['status', uid, 'done'],
    ['show'],
    ['show', 'no-such-incident'],
    ['dance', uid],
    ['unsuppress', 'no-such'],
    ['suppress', '--reason', 'everything'],
    ['suppress', '--reason', 'x', '--field', 'novalue'],
  ]) {
    const { code, stderr } = await ask('incidents', ...words);
    assert.equal(code, 2, `${words.join(' ')}: ${stderr}`);
  }
});

test('without an agent the record is read', async () => {
  agent.kill('SIGINT');
  await once(agent, 'exit');
  const list = await json<Incident[]>('incidents', '--all');
  assert.ok(list.some(({ metadata }) => metadata.uid === uid));
  assert.match((await ask('incidents', 'show', uid)).stdout, /a drill/);
  assert.equal((await ask('incidents', 'status', uid, 'new')).code, 3);
});
