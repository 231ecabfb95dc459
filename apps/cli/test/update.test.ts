/** `redoubt publish` and `redoubt update`, with a running agent that takes the new rules. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Repository } from '@redoubt/act/update';
import type { ContentAnswer } from '@redoubt/agent/content';
import { AgentClient } from '../src/agent/client.ts';
import { redoubt } from './cli.ts';
import { startAgent } from './running-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-cli-update-'));
const environment = { REDOUBT_SOCKET: join(folder, 'agent.sock'), REDOUBT_STATE: join(folder, 'state') };
const place = (name: string): string => join(folder, name);
const secret = (role: string): string => place(`${role}.private.asc`);
let stopAgent: (() => Promise<void>) | undefined;

async function done(...words: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await redoubt([...words, '--json'], environment);
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}

/** A rule with its canary. @param found what the canary runs; the rule looks for `/opt/marker` */
function writeContent(name: string, found: string): string {
  const rules = join(folder, name, 'rules');
  mkdirSync(rules, { recursive: true });
  writeFileSync(
    join(rules, 'marker.yml'),
    `title: Marker program
id: 7f1d3f0a-2a52-4a0e-9d0a-0c7b6f1c2d3e
status: stable
logsource: { product: linux, category: process_creation }
detection:
  selection: { Image: /opt/marker }
  condition: selection
level: low
`,
  );
  writeFileSync(
    join(rules, 'marker.test.yml'),
    `rule: 7f1d3f0a-2a52-4a0e-9d0a-0c7b6f1c2d3e
positive:
  - name: it runs
    kind: process.exec
    event: { process: { file: { path: ${found} }, cmd_line: marker } }
negative: []
`,
  );
  return join(folder, name);
}

before(async () => {
  for (const role of ['root', 'release', 'timestamp']) await done('publish', 'key', role, '--out', folder);
  stopAgent = await startAgent(environment);
});

after(async () => {
  await stopAgent?.();
  rmSync(folder, { recursive: true, force: true });
});

test('content is published, trusted, fetched, loaded by the agent, and taken back', async () => {
  const agent = new AgentClient(environment.REDOUBT_SOCKET);
  const shipped = (await agent.get<ContentAnswer>('/api/content')).rules.loaded;
  const keys = ['root', 'release', 'timestamp'].flatMap(role => [
    `--${role}-key`,
    place(`${role}.public.asc`),
  ]);
  const made = await done(
    'publish',
    'init',
    place('repo'),
    '--name',
    'test',
    ...keys,
    '--sign',
    secret('root'),
  );
  const content = writeContent('first', '/opt/marker');
  const sign = ['--sign', secret('release')];
  await done(
    'publish',
    'release',
    place('repo'),
    content,
    ...sign,
    '--notes',
    'one',
    '--finding-budget',
    '100',
  );
  await done('publish', 'announce', place('repo'), '--sign', secret('timestamp'));

  const untrusted = await redoubt(['update', '--from', place('repo')], environment);
  assert.equal(untrusted.code, 1);
  assert.match(untrusted.stderr, /no root is trusted yet/);
  const root = join(place('repo'), 'root/1.json');
  const fingerprint = ['--fingerprint', String(made['fingerprint'])];
  await done('update', 'trust', root, ...fingerprint, '--from', place('repo'));
  assert.equal((await done('update', '--check'))['outcome'], 'available');
  assert.equal((await done('update'))['outcome'], 'installed');
  const after = await agent.get<ContentAnswer>('/api/content');
  assert.deepEqual([after.version, after.rules], [1, { loaded: 1, refused: 0 }]);

  const broken = writeContent('second', '/opt/other');
  const untried = await redoubt(['publish', 'release', place('repo'), broken, ...sign], environment);
  assert.equal(untried.code, 1);
  assert.match(untried.stderr, /rule tests fail: marker\.test\.yml/);
  // A publisher who tries nothing, with tests that cannot even be read.
  writeFileSync(join(broken, 'rules/torn.test.yml'), 'rule: [');
  await new Repository(place('repo')).release(broken, {
    notes: { en: '', zh: '' },
    rollout: [],
    now: Date.now(),
    expires: Date.now() + 86_400_000,
    signers: [{ armored: readFileSync(secret('release'), 'utf8'), passphrase: '' }],
  });
  await done('publish', 'announce', place('repo'), '--sign', secret('timestamp'));
  const silent = await redoubt(['update', '--lang', 'zh'], environment);
  assert.equal(silent.code, 1);
  assert.match(silent.stderr, /check_failed/);
  assert.match(silent.stderr, /2 项规则测试中有 2 项失败/);

  const back = await done('update', 'rollback', '--reason', 'a test');
  assert.deepEqual(back, { taken_back: 1, in_force: null });
  assert.equal((await agent.get<ContentAnswer>('/api/content')).rules.loaded, shipped);
  const shown = await redoubt(['update', 'status'], environment);
  assert.match(shown.stdout, /taken back +1 +by hand: a test/);
});

test('an offline file brings the content without a network', async () => {
  await done(
    'publish',
    'release',
    place('repo'),
    writeContent('third', '/opt/marker'),
    '--sign',
    secret('release'),
  );
  await done('publish', 'announce', place('repo'), '--sign', secret('timestamp'));
  await done('publish', 'export', place('repo'), place('offline.tar'));
  assert.equal((await done('update', '--offline', place('offline.tar')))['version'], 3);
});

test('what is wrong is said, and changes nothing', async () => {
  const wrong = async (words: string[], code: number, message: RegExp): Promise<void> => {
    const result = await redoubt(words, environment);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, message);
  };
  await wrong(['update', 'sideways'], 2, /redoubt help update/);
  await wrong(['update', '--from', 'http://updates.example/'], 3, /https only/);
  await wrong(['update', '--offline', secret('root')], 1, /offline update|malformed|truncated/);
  await wrong(['publish', 'init', place('x'), '--name', 'x', '--sign', secret('root')], 2, /--root-key/);
  await wrong(['publish', 'release', place('repo'), place('first')], 2, /--sign/);
  await wrong(['publish', 'key', 'root', '--out', folder], 2, /nothing is written over/);
  const stages = ['--rollout', 'all', '--sign', secret('release')];
  await wrong(['publish', 'release', place('repo'), place('first'), ...stages], 2, /GROUP:PERCENT:HOURS/);
});
