/** `redoubt baseline` as a user runs it: with the key elsewhere, from the first state to a restored file. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { makeKeyPair } from '@redoubt/baseline';
import { redoubt } from './cli.ts';

const isRoot = process.getuid?.() === 0;

interface Place {
  readonly folder: string;
  readonly tree: string;
  readonly conf: string;
  run(...words: string[]): ReturnType<typeof redoubt>;
}

function placeFor(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-cli-baseline-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tree = join(folder, 'tree');
  const conf = join(tree, 'app.conf');
  mkdirSync(tree);
  writeFileSync(conf, 'port = 80\npassword = golden\n');
  const policy = join(folder, 'policy.yaml');
  writeFileSync(
    policy,
    `version: 1\npaths: [${tree}]\nclasses: [{class: configuration, globs: ['${tree}/**']}]\n`,
  );
  const more = ['--vault', join(folder, 'vault'), '--policy', policy];
  return {
    folder,
    tree,
    conf,
    run: (...words) => redoubt(['baseline', ...words, ...more]),
  };
}

test('a state signed elsewhere, checked, explained by lines, accepted with a reason, restored and undone', async t => {
  const { folder, tree, conf, run } = placeFor(t);
  const [key, publicKey] = [join(folder, 'far.key'), join(folder, 'far.pub')];
  await makeKeyPair(key, publicKey);
  const trust = ['--public-key', publicKey];

  assert.equal((await run('create', 'files', '--no-sign')).code, 0);
  assert.equal((await run('check', 'files', ...trust)).code, 1, 'it does not count unsigned');
  const exported = (await run('sign', 'files', '--export')).stdout.trim().split(' ')[1] ?? '';
  assert.match(exported, /^[0-9a-f]{64}$/);
  const signature = await run('sign', '--digest', exported, '--key', key);
  writeFileSync(join(folder, 'files.sig'), signature.stdout);
  const taken = await run('sign', 'files', '--signature', join(folder, 'files.sig'), ...trust);
  assert.equal(taken.code, 0, taken.stderr);
  assert.equal((await run('check', 'files', ...trust)).code, 0);

  writeFileSync(conf, 'port = 81\npassword = changed\n');
  writeFileSync(join(tree, 'planned'), 'x');
  const check = await run('check', 'files', ...trust);
  assert.equal(check.code, 1);
  assert.match(check.stdout, /app\.conf/);
  const diff = await run('diff', 'files');
  assert.match(diff.stdout, /-port = 80/);
  assert.match(diff.stdout, /\+port = 81/);
  assert.match(diff.stdout, /\+password = \*\*\*/);
  for (const text of [check.stdout, diff.stdout]) assert.doesNotMatch(text, /golden\b(?! state)|= changed/);

  const planned = join(tree, 'planned');
  assert.equal((await run('accept', 'files', planned, ...trust)).code, 2, 'a reason is asked for');
  const accepted = await run(
    'accept',
    'files',
    planned,
    '--why',
    'release 7',
    '--who',
    'ann',
    '--key',
    key,
    ...trust,
  );
  assert.equal(accepted.code, 0, accepted.stderr);
  const listed = JSON.parse((await run('list', '--json')).stdout) as {
    history: { who: string; why: string }[];
  }[];
  assert.deepEqual(
    listed
      .at(-1)
      ?.history.map(({ who, why }) => [who, why])
      .at(-1),
    ['ann', 'release 7'],
  );

  assert.equal((await run('check', 'files', ...trust)).code, 1);
  assert.equal((await run('restore', 'files', conf, ...trust)).code, 0);
  assert.match(readFileSync(conf, 'utf8'), /81/, 'nothing is changed without --apply');
  assert.equal((await run('restore', 'files', conf, '--apply', ...trust)).code, 0);
  assert.equal(readFileSync(conf, 'utf8'), 'port = 80\npassword = golden\n');
  assert.equal((await run('check', 'files', ...trust)).code, 0);
  assert.equal((await run('restore', 'files', '--undo', '1', '--apply')).code, 0);
  assert.match(readFileSync(conf, 'utf8'), /81/);

  rmSync(join(folder, 'vault/files.2.state'));
  const older = await run('check', 'files', ...trust);
  assert.equal(older.code, 3);
  assert.match(older.stderr, /newest golden state of files is gone/);
});

test('a key from elsewhere is asked for before any work, and its named public part is trusted from then on', async t => {
  const { folder, run } = placeFor(t);
  const vault = join(folder, 'vault');
  const [key, publicKey] = [join(folder, 'far.key'), join(folder, 'far.pub')];
  await makeKeyPair(key, publicKey);
  const nobody = await run('create', 'files', '--key', key);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /--public-key FILE/);
  assert.equal(existsSync(vault), false, 'nothing was collected');

  assert.equal((await run('create', 'files', '--key', key, '--public-key', publicKey)).code, 0);
  assert.equal((await run('check', 'files')).code, 0, 'the key need not be named again');
  const keyless = await run('create', 'files');
  assert.equal(keyless.code, 1);
  assert.match(keyless.stderr, /--key FILE/);
  assert.equal(existsSync(join(vault, 'golden.key')), false, 'no other key takes its place');
  const [other, otherPublic] = [join(folder, 'other.key'), join(folder, 'other.pub')];
  await makeKeyPair(other, otherPublic);
  const stranger = await run('create', 'files', '--key', other);
  assert.equal(stranger.code, 1);
  assert.match(stranger.stderr, /trusted by nobody here/);
});

test('watch tells of a change as it happens', isRoot ? {} : { skip: 'needs root' }, async t => {
  const { folder, conf, run } = placeFor(t);
  assert.equal((await run('create', 'files')).code, 0);
  const main = join(import.meta.dirname, '../src/main.ts');
  const words = [
    'baseline',
    'watch',
    '--json',
    '--vault',
    join(folder, 'vault'),
    '--policy',
    join(folder, 'policy.yaml'),
  ];
  const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stderr })) if (line.includes('Watching')) break;
  writeFileSync(conf, 'port = 82\n');
  for await (const line of createInterface({ input: child.stdout })) {
    const { redoubt: about } = JSON.parse(line) as { redoubt: { title: { en: string } } };
    assert.match(about.title.en, /app\.conf/);
    break;
  }
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGINT');
  assert.equal(await ended, 0);
});
