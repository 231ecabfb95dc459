/** Golden states that are one file: signed when made, refused when altered, replaced only with a reason. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeKeyPair } from '@redoubt/baseline';
import { Simulator } from '../../../packages/baseline/test/boot/simulator.ts';
import { redoubt } from './cli.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-golden-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Words = readonly string[];

/** The whole life of a golden file, whatever it is of. */
async function live(folder: string, make: Words, check: Words): Promise<void> {
  const file = join(folder, 'golden');
  const vault = ['--vault', join(folder, 'vault')];
  const made = (...more: string[]) => redoubt([...make, '--output', file, ...vault, ...more]);
  const checked = (...more: string[]) => redoubt([...check, ...vault, ...more]);

  const first = await made('--json');
  assert.equal(first.code, 0, first.stderr);
  assert.equal(JSON.parse(first.stdout.trim().split('\n').at(-1) ?? '').signed, true);
  const good = await checked();
  assert.equal(good.code, 0, good.stdout + good.stderr);

  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/(?<="created": ?)1/, '2'));
  assert.notEqual(readFileSync(file, 'utf8'), text);
  const altered = await checked();
  assert.equal(altered.code, 1);
  assert.match(altered.stderr, /has been changed since it was signed/);
  assert.equal((await made('--replace', '--why', 'no')).code, 1, 'nor is it replaced without a look');
  writeFileSync(file, text);

  const stranger = join(folder, 'stranger.pub');
  await makeKeyPair(join(folder, 'stranger'), stranger);
  assert.match((await checked('--public-key', stranger)).stderr, /key that is not trusted/);
  renameSync(`${file}.sig`, `${file}.away`);
  assert.match((await checked()).stderr, /no signature/);
  renameSync(`${file}.away`, `${file}.sig`);

  assert.equal((await made()).code, 2, 'it is there already');
  assert.equal((await made('--replace')).code, 2, 'a reason is asked for');
  const accepted = await made('--replace', '--why', 'new kernel', '--who', 'ann');
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.match(
    readFileSync(file, 'utf8'),
    /"who": ?"ann",\s*"why": ?"new kernel",\s*"replaced": ?"[0-9a-f]{64}"/,
  );
  assert.equal((await checked()).code, 0);
}

test('golden code of a process', { skip: process.getuid?.() !== 0 && 'needs root' }, async t => {
  const folder = folderFor(t);
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const pid = String(child.pid);
  const golden = ['--golden', join(folder, 'golden')];
  await live(folder, ['memory', 'golden', pid], ['memory', 'check', pid, ...golden]);
});

test('a golden boot', async t => {
  const folder = folderFor(t);
  const simulator = await Simulator.start();
  t.after(() => simulator.end());
  const tpm = ['--tcti', simulator.tcti];
  simulator.measure([{ pcr: 8, type: 13, data: Buffer.from('kernel_cmdline: quiet\0') }]);
  const check = ['boot', 'check', ...tpm, '--golden', join(folder, 'golden')];
  await live(folder, ['boot', 'golden', ...tpm], check);
  simulator.measure([{ pcr: 9, type: 13, data: Buffer.from('/vmlinuz') }]);
  const changed = await redoubt([...check, '--vault', join(folder, 'vault')]);
  assert.equal(changed.code, 1);
  assert.match(changed.stdout, /PCR 9 changed/);
});

test('a golden image', async t => {
  const folder = folderFor(t);
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc/setting'), 'on');
  await live(folder, ['image', 'state', tree], ['image', 'compare', join(folder, 'golden'), tree]);
});

test('the hook as libvirt calls it: a guest starts as it was signed, else not', async t => {
  const folder = folderFor(t);
  const tree = join(folder, 'tree');
  const state = join(folder, 'web.state');
  const hook = join(folder, 'hook');
  const vault = ['--vault', join(folder, 'vault')];
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc/setting'), 'on');
  assert.equal((await redoubt(['image', 'state', tree, '--output', state, ...vault])).code, 0);
  const install = ['image', 'hook', 'install', '--hook', hook, '--states', folder, ...vault];
  /** What libvirt would do: libvirt.org/hooks.html */
  const start = (): number | null =>
    spawnSync(hook, ['web', 'prepare', 'begin', '-'], {
      input: `<domain><devices><disk type='file'><source file='${tree}'/></disk></devices></domain>`,
      env: { PATH: process.env['PATH'], LC_ALL: 'C', REDOUBT_SOCKET: '/nonexistent/agent.sock' },
    }).status;

  assert.equal((await redoubt([...install, '--enforce'])).code, 0);
  assert.equal(start(), 0);
  writeFileSync(join(tree, 'etc/setting'), 'off');
  assert.equal(start(), 1);
  assert.equal((await redoubt(install)).code, 0);
  assert.equal(start(), 0, 'only told');
  writeFileSync(join(tree, 'etc/setting'), 'on');
  assert.equal((await redoubt([...install, '--enforce'])).code, 0);
  const text = readFileSync(state, 'utf8');
  writeFileSync(state, text.replace(/(?<="created": ?)1/, '2'));
  assert.equal(start(), 1, 'altered');
  rmSync(`${state}.sig`);
  assert.equal(start(), 0, 'a state without a signature holds nobody back');
  assert.equal((await redoubt(['image', 'hook', 'remove', '--hook', hook])).code, 0);
});
