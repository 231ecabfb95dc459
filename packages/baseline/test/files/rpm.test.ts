/** What rpm installs, replaces and takes away, on a root of its own: explained by the package, and waited for. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { filesCollector } from '../../src/files/collector.ts';
import { packageManagersAtWork } from '../../src/files/explain/at-work.ts';
import { checkState, createState } from '../../src/index.ts';
import { all, context, folderFor, signIn, vaultFor } from '../state/support.ts';

const policy = 'version: 1\npaths: [/opt]\nclasses: [{class: binaries, globs: ["/opt/**"]}]\n';
const isRoot = process.getuid?.() === 0;

/** Builds a package that puts files into /opt/tool. @param before Lua that runs before its files are there */
function build(folder: string, version: string, files: Record<string, string>, before = ''): string {
  const top = join(folder, 'build');
  const names = Object.keys(files);
  const spec = join(folder, `tool-${version}.spec`);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${version}-${name}`), text);
  const steps = names.map(name => `cp ${join(folder, `${version}-${name}`)} %{buildroot}/opt/tool/${name}`);
  const lines = [
    'Name: redoubt-tool',
    `Version: ${version}`,
    'Release: 1',
    'Summary: test',
    'License: Apache-2.0',
    'BuildArch: noarch',
    '%description',
    'test',
    '%install',
    'mkdir -p %{buildroot}/opt/tool',
    ...steps,
    ...(before === '' ? [] : ['%pre -p <lua>', before]),
    '%files',
    '%dir /opt/tool',
    ...names.map(name => `/opt/tool/${name}`),
  ];
  writeFileSync(spec, `${lines.join('\n')}\n`);
  execFileSync('rpmbuild', ['-bb', '--define', `_topdir ${top}`, spec], { stdio: 'pipe' });
  return join(top, `RPMS/noarch/redoubt-tool-${version}-1.noarch.rpm`);
}

const words = (root: string, file: string) => ['--root', root, '--dbpath', '/var/lib/rpm', '-U', file];

test('rpm explains what its packages brought and took away, and is waited for', {
  skip: !isRoot && 'needs root',
}, async t => {
  const folder = folderFor(t);
  const root = join(folder, 'root');
  for (const place of ['opt', 'var/lib/rpm', 'var/tmp']) mkdirSync(join(root, place), { recursive: true });
  execFileSync('mkfifo', [join(root, 'wait')]);
  const first = build(folder, '1', { hello: 'hello', other: 'other' });
  const second = build(
    folder,
    '2',
    { hello: 'hello, again', more: 'more' },
    'local f = io.open("/wait", "r") f:read("*a") f:close()',
  );
  execFileSync('rpm', words(root, first), { stdio: 'pipe' });
  writeFileSync(join(root, 'opt/tool/stranger'), 'of nobody');

  const collector = filesCollector({ content: '', filePolicy: policy });
  const vault = await vaultFor(t);
  const made = await createState(collector, { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, made.entry);
  // rpm knows whole seconds: what it did in the second of the collection would count as done after it.
  await sleep(2_100);

  const upgrade = spawn('rpm', words(root, second), { stdio: 'ignore' });
  const ended = once(upgrade, 'exit');
  t.after(() => upgrade.kill('SIGKILL'));
  const held = () => packageManagersAtWork(root).has(upgrade.pid ?? 0);
  while (!held()) {
    assert.equal(upgrade.exitCode, null, 'rpm works');
    await sleep(20);
  }
  writeFileSync(join(root, 'wait'), '');
  assert.deepEqual(await ended, [0, null]);
  assert.equal(held(), false);

  rmSync(join(root, 'opt/tool/stranger'));
  writeFileSync(join(root, 'opt/tool/new'), 'of nobody');
  const drifts = async () => {
    const golden = await vault.open('files', await vault.verifiers());
    const list = await all(checkState(collector, golden, { root }, vault));
    return list
      .filter(one => one.judgement)
      .map(one => [one.change.key, one.change.kind, one.explanation?.by]);
  };
  const by = 'rpm: redoubt-tool-2-1.noarch';
  assert.deepEqual(await drifts(), [
    ['/opt/tool/hello', 'changed', by],
    ['/opt/tool/more', 'added', by],
    ['/opt/tool/new', 'added', undefined],
    ['/opt/tool/other', 'removed', 'rpm: redoubt-tool-1-1.noarch'],
    ['/opt/tool/stranger', 'removed', undefined],
  ]);
  rmSync(join(root, 'opt/tool/hello'));
  writeFileSync(join(root, 'opt/tool/more'), 'less');
  const [hello, more] = await drifts();
  assert.deepEqual(hello, ['/opt/tool/hello', 'removed', undefined]);
  assert.deepEqual(more, ['/opt/tool/more', 'added', undefined]);
});
