/** Accounts, keys, files and frozen groups: real programs and files, in folders and groups of the test's own. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs, {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  disableAccount,
  freezeContainer,
  freezeUnit,
  quarantineFile,
  revokeKeys,
} from '../../src/response/index.ts';
import { lookAt } from '../../src/response/process/look.ts';
import { dies } from './support/dies.ts';
import { testFolder } from './support/folder.ts';

function accounts(context: TestContext): string {
  const prefix = testFolder(context);
  mkdirSync(join(prefix, 'etc'));
  const write = (name: string, text: string): void =>
    writeFileSync(join(prefix, 'etc', name), text, { mode: 0o600 });
  write(
    'passwd',
    'root:x:0:0::/root:/bin/sh\nweb:x:1501:1501::/home/web:/bin/sh\nold:x:1502:1502::/home/old:/bin/sh\nopen:x:1503:1503::/home/open:/bin/sh\n',
  );
  write(
    'shadow',
    'root:*:19000:0:99999:7:::\nweb:$y$made$up:19000:0:99999:7::20999:\nold:!$y$made$up:19000:0:99999:7:::\nopen::19000:0:99999:7:::\n',
  );
  write('group', 'web:x:1501:\nold:x:1502:\nopen:x:1503:\n');
  write('gshadow', '');
  return prefix;
}

test('a disabled account is locked and expired; undoing restores it exactly, dead at any point', async context => {
  const prefix = accounts(context);
  const kind = disableAccount({ prefix });
  const shadow = (): string => readFileSync(join(prefix, 'etc/shadow'), 'utf8');
  await dies(context, kind, { user: 'web' }, shadow);
  for (const user of ['old', 'open']) {
    const before = shadow();
    const target = kind.parse({ user });
    const undo = await kind.prepare(target);
    assert.ok(!JSON.stringify(undo).includes('$y$'), 'the hash is not written down');
    await kind.apply(target, undo);
    await kind.verify(target, undo);
    await kind.apply(target, undo);
    await kind.undo?.(target, undo);
    // usermod(8) sets the day of the last change where it sets a password, be it an empty one.
    const plain = (text: string): string => text.replace(/^open::\d+:/m, 'open::');
    assert.equal(plain(shadow()), plain(before), user);
  }
  await assert.rejects(kind.plan(kind.parse({ user: 'root' })), /nobody could administer/);
  await assert.rejects(kind.plan(kind.parse({ user: 'absent' })), /no account absent/);
  for (const user of ['', '-R', 'a b', 'a:b', '../x', 5]) assert.throws(() => kind.parse({ user }), /"user"/);
});

test('keys are revoked by fingerprint and put back; newer ones stay, links are not followed', async context => {
  const prefix = accounts(context);
  const folder = join(prefix, 'home/web/.ssh');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'authorized_keys');
  const made = ['one', 'two'].map(name => {
    const file = join(prefix, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
    const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], {
      encoding: 'utf8',
    }).split(' ');
    return { line: readFileSync(`${file}.pub`, 'utf8').trim(), fingerprint };
  });
  const [one, two] = made;
  assert.ok(one && two);
  const text = `# mine\nfrom="10.0.0.1",command="echo hi there" ${one.line}\n${two.line}\nnot a key \u00e9\n`;
  writeFileSync(path, text, 'latin1');
  chmodSync(path, 0o640);
  chownSync(path, 1501, 1501);
  const kind = revokeKeys({ prefix });
  const stateOf = (): string => `${readFileSync(path, 'latin1')}${statSync(path).mode}:${statSync(path).uid}`;
  await dies(context, kind, { user: 'web', fingerprints: one.fingerprint }, stateOf);
  await dies(context, kind, { user: 'web' }, stateOf);
  const target = kind.parse({ user: 'web', fingerprints: [one.fingerprint] });
  const taken = await kind.prepare(target);
  await kind.apply(target, taken);
  assert.ok(!readFileSync(path, 'utf8').includes(one.line) && readFileSync(path, 'utf8').includes(two.line));
  fs.appendFileSync(path, 'ssh-ed25519 AAAAnewer newer\n');
  await kind.undo?.(target, taken);
  assert.ok(
    readFileSync(path, 'utf8').includes(one.line) && readFileSync(path, 'utf8').includes('AAAAnewer'),
  );
  await assert.rejects(kind.plan(kind.parse({ user: 'old' })), /no such key/);
  fs.rmSync(path);
  const elsewhere = join(prefix, 'elsewhere');
  writeFileSync(elsewhere, `${two.line}\n`);
  symlinkSync(elsewhere, path);
  await assert.rejects(kind.prepare(kind.parse({ user: 'web' })), /ELOOP/);
  assert.equal(readFileSync(elsewhere, 'utf8'), `${two.line}\n`);
});

test('a file goes into quarantine and comes back as it was, dead at any point', async context => {
  const folder = testFolder(context);
  const path = join(folder, 'odd \u202e name');
  writeFileSync(path, 'marker', { mode: 0o751 });
  chownSync(path, 1501, 1502);
  const kind = quarantineFile({ folder: join(folder, 'vault') });
  const state = (): string => {
    if (!existsSync(path)) return 'gone';
    const { mode, uid, gid, mtimeMs } = statSync(path);
    return [readFileSync(path, 'utf8'), mode, uid, gid, mtimeMs].join();
  };
  await dies(context, kind, { path }, state);
  for (const bad of ['relative', '/a/../etc/passwd', '', 'x\ny'])
    assert.throws(() => kind.parse({ path: bad }), /"path"/);
  for (const [bad, why] of [
    ['/usr/bin/env', /belongs to the system/],
    [folder, /no regular file/],
    ['/absent', /not there/],
  ] as const)
    await assert.rejects(kind.plan(kind.parse({ path: bad })), why);
});

test('a frozen group stands still and goes on when it is thawed, dead at any point', async context => {
  const root = ['/sys/fs/cgroup/freezer', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find(one =>
    existsSync(join(one, 'cgroup.procs')),
  );
  if (root === undefined) return context.skip('no control groups can be made here');
  const id = process.pid.toString(16).padStart(12, 'a');
  const group = join(root, `redoubt-${id}`);
  mkdirSync(group);
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  context.after(async () => {
    await kind.undo?.(kind.parse({ container: id }), { folder: group, wasFrozen: false });
    child.kill('SIGKILL');
    while (readFileSync(join(group, 'cgroup.procs'), 'utf8') !== '')
      await new Promise(done => setTimeout(done, 10));
    rmdirSync(group);
  });
  const kind = freezeContainer({ roots: [root] });
  writeFileSync(join(group, 'cgroup.procs'), String(child.pid));
  const isV1 = existsSync(join(group, 'freezer.state'));
  const state = (): string =>
    isV1
      ? readFileSync(join(group, 'freezer.state'), 'utf8')
      : (/frozen \d/.exec(readFileSync(join(group, 'cgroup.events'), 'utf8'))?.[0] ?? '');
  await dies(context, kind, { container: id }, state);
  assert.notEqual(lookAt(child.pid ?? 0)?.state, 'Z');
  await assert.rejects(kind.plan(kind.parse({ container: 'f'.repeat(12) })), /there is no container/);
  const unit = freezeUnit({ roots: [root] });
  for (const bad of ['../x.service', 'x', '']) assert.throws(() => unit.parse({ unit: bad }), /"unit"/);
});
