/** Blocking names and contents, restoring, snapshots, stopping: with the real firewall, gate, golden state and btrfs. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  createState,
  digestOfFile,
  ed25519Signer,
  filesCollector,
  makeKeyPair,
  signDigest,
  Vault,
} from '@redoubt/baseline';
import { DnsFirewall } from '../../src/dns/index.ts';
import { BlockedContents, SharedGate } from '../../src/gate/index.ts';
import {
  blockDomain,
  blockHash,
  type NameBlocker,
  restoreFile,
  snapshot,
  stopContainer,
  stopUnit,
} from '../../src/response/index.ts';
import { dies } from './support/dies.ts';
import { testFolder } from './support/folder.ts';

const policy = `version: 1
paths: [/etc]
classes:
  - {class: configuration, globs: [/etc/**]}
copies: {classes: [configuration], largest: 1000}
`;

/** Mounts an image of a file system of its own; gone with the test. */
function mounted(context: TestContext, format: readonly string[], megabytes: number): string {
  // Unmounted before the folder goes.
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-response-'));
  const [image, point] = [join(folder, 'image'), join(folder, 'mount')];
  mkdirSync(point);
  execFileSync('truncate', ['-s', `${megabytes}M`, image]);
  const [program = '', ...words] = format;
  execFileSync(program, [...words, image], { stdio: 'ignore' });
  execFileSync('mount', ['-o', 'loop', image, point]);
  context.after(() => {
    execFileSync('umount', [point]);
    rmSync(folder, { recursive: true, force: true });
  });
  return point;
}

test('a domain is blocked with all below it, resolved again after that, dead at any point', async context => {
  const firewall = new DnsFirewall({ stateDirectory: testFolder(context), onBlocked: () => undefined });
  context.after(() => firewall.close());
  const { defaults } = firewall;
  const settings = { ...defaults, indicators: false, allow: ['good.test'] };
  // The names are judged by the process of the firewall; that it answers on a port is shown elsewhere.
  await firewall.apply({ rung: 'audit', settings }, AbortSignal.timeout(60_000));
  const blocker: NameBlocker = {
    isEnforcing: true,
    block: name => firewall.block(name),
    unblock: name => firewall.unblock(name),
    judge: names => firewall.judge(names),
  };
  const kind = blockDomain(() => blocker);
  const names = ['bad.test', 'a.bad.test', 'notbad.test', 'good.test'];
  const state = async (): Promise<string> => (await firewall.judge(names)).map(({ name }) => name).join();
  await dies(context, kind, { domain: 'Bad.test.' }, state);
  await kind.apply({ domain: 'bad.test' }, {});
  assert.equal(await state(), 'bad.test,a.bad.test');
  await assert.rejects(kind.plan({ domain: 'bad.test' }), /blocked already/);
  await firewall.apply({ rung: 'observe', settings }, AbortSignal.timeout(60_000));
  await firewall.apply({ rung: 'audit', settings }, AbortSignal.timeout(60_000));
  assert.equal(await state(), 'bad.test,a.bad.test', 'it outlives the process');
  await kind.apply({ domain: 'good.test' }, {});
  await assert.rejects(kind.verify({ domain: 'good.test' }, {}), /still resolved/);
  await assert.rejects(blockDomain(() => firewall).plan({ domain: 'x.test' }), /does not enforce/);
  for (const bad of ['com', 'a b.test', '', 'x.test\n', 5])
    assert.throws(() => kind.parse({ domain: bad }), /"domain"/);
});

test('a blocked content does not run under any name and runs again after that, dead at any point', async context => {
  const point = mounted(context, ['mkfs.ext4', '-q'], 32);
  const program = join(point, 'tool');
  copyFileSync('/bin/true', program);
  execFileSync('sh', ['-c', `printf marker >> ${program}`]);
  copyFileSync(program, join(point, 'other'));
  copyFileSync('/bin/true', join(point, 'harmless'));
  chmodSync(join(point, 'harmless'), 0o755);
  const sha256 = createHash('sha256').update(readFileSync(program)).digest('hex');
  const gate = new SharedGate({ onTrouble: () => undefined, timeout: 60_000 });
  context.after(() => gate.close());
  const denied = new Set<string>();
  const contents = new BlockedContents({
    gate,
    onDenied: ({ path }) => denied.add(path),
    onTrouble: () => undefined,
    covers: mount => mount.point === point,
  });
  /** Which programs run. What comes from this process is never asked about: an orphan runs them. */
  const runnable = async (): Promise<string> => {
    const result = join(point, 'result');
    const orphan = `while kill -0 $$ 2>&-; do sleep 0.01; done
      for one in tool other harmless; do ${point}/$one 2>&- && echo $one; done > ${result}.new; mv ${result}.new ${result}`;
    spawn('sh', ['-c', `(${orphan}) &`], { stdio: 'ignore' });
    while (!existsSync(result)) await new Promise(resolve => setTimeout(resolve, 5));
    const names = readFileSync(result, 'utf8').trim().split('\n').join();
    rmSync(result);
    return names;
  };
  const kind = blockHash(() => contents);
  assert.equal(await runnable(), 'tool,other,harmless');
  await dies(context, kind, { sha256 }, () => gate.coverage('blocked-contents').covered.join());
  await kind.apply({ sha256 }, {});
  assert.equal(await runnable(), 'harmless');
  assert.deepEqual([...denied].sort(), [join(point, 'other'), program]);
  await kind.undo?.({ sha256 }, {});
  assert.equal(await runnable(), 'tool,other,harmless');
  const own = createHash('sha256').update(readFileSync('/bin/sh')).digest('hex');
  await assert.rejects(kind.plan({ sha256: own }), /cannot be administered/);
  await assert.rejects(blockHash(() => undefined).plan({ sha256 }), /no gate/);
  for (const bad of ['', 'x'.repeat(64), sha256.slice(1), 5])
    assert.throws(() => kind.parse({ sha256: bad }));
});

test('a file gets the form of the golden state and its own one back, dead at any point', async context => {
  const root = testFolder(context);
  const vault = new Vault(testFolder(context));
  mkdirSync(join(root, 'etc'));
  const path = join(root, 'etc/app.conf');
  writeFileSync(path, 'good\n', { mode: 0o640 });
  const kind = restoreFile({ vault, root });
  const target = { path: '/etc/app.conf' };
  await assert.rejects(kind.plan(target), /key|no golden state/);
  await makeKeyPair(vault.keyFile);
  const collector = filesCollector({ content: '', filePolicy: policy });
  const made = { vault, host: { name: 'host', id: 'id' }, redoubt: '0' };
  const { entry } = await createState(collector, { root }, { who: 'ann', why: 'test' }, made);
  const signature = await signDigest(await digestOfFile(entry.file), await ed25519Signer(vault.keyFile));
  await vault.sign(entry, signature, await vault.verifiers());
  await assert.rejects(kind.plan(target), /as it should be/);
  writeFileSync(path, 'changed\n');
  chmodSync(path, 0o777);
  const state = (): string => `${readFileSync(path, 'utf8')}${statSync(path).mode}`;
  await dies(context, kind, target, state);
  const plan = await kind.plan(target);
  assert.match(plan.does[0]?.en ?? '', /content/);
  const undo = await kind.prepare(target);
  await kind.apply(target, undo);
  await kind.verify(target, undo);
  assert.equal(readFileSync(path, 'utf8'), 'good\n');
  await assert.rejects(kind.plan({ path: '/etc/absent' }), /has nothing at/);
  for (const bad of ['etc', '/etc/../x', '/', '']) assert.throws(() => kind.parse({ path: bad }), /"path"/);
});

test('a snapshot keeps what was there, and is deleted when undone, dead at any point', async context => {
  const point = mounted(context, ['mkfs.btrfs', '-q'], 128);
  writeFileSync(join(point, 'file'), 'before');
  const kind = snapshot();
  const path = join(point, 'file');
  const state = (): string => {
    const folder = join(point, '.redoubt-snapshots');
    return existsSync(folder) ? String(readdirSync(folder).length) : '';
  };
  await dies(context, kind, { path }, state);
  const made = await kind.prepare({ path });
  await kind.apply({ path }, made);
  writeFileSync(path, 'after');
  assert.equal(readFileSync(join(made.snapshot, 'file'), 'utf8'), 'before');
  await kind.undo?.({ path }, made);
  await assert.rejects(kind.plan({ path: '/proc/version' }), /takes no snapshots/);
  await assert.rejects(kind.plan({ path: '/absent' }), /not there/);
});

test('a container is stopped with everything below it', async context => {
  const root = ['/sys/fs/cgroup/freezer', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find(one =>
    existsSync(join(one, 'cgroup.procs')),
  );
  if (root === undefined) return context.skip('no control groups can be made here');
  const id = process.pid.toString(16).padStart(12, 'b');
  const group = join(root, `redoubt-${id}`);
  const below = join(group, 'below');
  const children = [group, below].map(folder => {
    mkdirSync(folder);
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    context.after(() => child.kill('SIGKILL'));
    writeFileSync(join(folder, 'cgroup.procs'), String(child.pid));
    return once(child, 'exit');
  });
  context.after(() => {
    for (const folder of [below, group]) rmdirSync(folder);
  });
  const kind = stopContainer({ roots: [root] });
  const target = kind.parse({ container: id });
  assert.match((await kind.plan(target)).does[0]?.en ?? '', /all its 2 processes/);
  const undo = await kind.prepare(target);
  await assert.rejects(kind.verify(target, undo), /2 processes/);
  await kind.apply(target, undo);
  await kind.verify(target, undo);
  await kind.apply(target, undo);
  await Promise.all(children);
  assert.equal(kind.undo, undefined);
  await assert.rejects(kind.plan(kind.parse({ container: 'e'.repeat(12) })), /no container/);
});

test('a unit is stopped, and started again if it ran, dead at any point', async context => {
  // systemd cannot run in a test; this keeps the state of units as files, and is called as systemctl is.
  const folder = testFolder(context);
  const systemctl = join(folder, 'systemctl');
  const script = `#!/bin/sh
case "$1" in
show) test -e "${folder}/$4" && printf 'LoadState=loaded\\nActiveState=%s\\n' "$(cat "${folder}/$4")" || printf 'LoadState=not-found\\nActiveState=inactive\\n' ;;
stop) printf inactive > "${folder}/$3" ;;
start) printf active > "${folder}/$3" ;;
esac
`;
  writeFileSync(systemctl, script, { mode: 0o755 });
  assert.equal(spawnSync(systemctl, ['show']).status, 0);
  const kind = stopUnit({ systemctl });
  for (const [name, active] of [
    ['web.service', 'active'],
    ['off.service', 'inactive'],
  ] as const) {
    const file = join(folder, name);
    writeFileSync(file, active);
    const target = kind.parse({ unit: name });
    if (active === 'active') await dies(context, kind, { unit: name }, () => readFileSync(file, 'utf8'));
    const undo = await kind.prepare(target);
    await kind.apply(target, undo);
    await kind.verify(target, undo);
    await kind.undo?.(target, undo);
    assert.equal(readFileSync(file, 'utf8'), active);
  }
  for (const [unit, why] of [
    ['absent.service', /no unit/],
    ['ssh.service', /nobody could undo/],
    ['redoubt.service', /nobody could undo/],
    ['dbus.service', /the system itself/],
  ] as const)
    await assert.rejects(kind.plan(kind.parse({ unit })), why);
});
