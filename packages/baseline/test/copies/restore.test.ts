/** Copies of golden files: what changed is shown with secrets masked, and brought back with all its metadata. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readAttributes, setAttribute } from '@redoubt/kernel';
import { aclText, attributeFacts, capabilityText } from '../../src/files/attributes.ts';
import { aclBytes, attributesOf, capabilityBytes } from '../../src/files/restore/bytes.ts';
import {
  checkState,
  createState,
  type Drift,
  filesCollector,
  StateError,
  type Vault,
} from '../../src/index.ts';
import { all, context, folderFor, signIn, vaultFor } from '../state/support.ts';

const policy = `version: 1
paths: [/bin, /etc]
classes:
  - {class: configuration, globs: [/etc/**]}
  - {class: binaries, globs: [/bin/**]}
copies: {classes: [configuration], largest: 1000}
`;
const collector = filesCollector({ content: '', filePolicy: policy });

async function signed(
  t: TestContext,
): Promise<{ root: string; vault: Vault; check: () => Promise<Drift[]> }> {
  const root = folderFor(t);
  mkdirSync(join(root, 'etc/deep'), { recursive: true });
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'etc/conf'), 'one\npassword = golden\ntwo\n', { mode: 0o640 });
  writeFileSync(join(root, 'etc/shadow'), 'root:x\n');
  writeFileSync(join(root, 'etc/large'), 'x'.repeat(2000));
  writeFileSync(join(root, 'etc/deep/file'), 'deep');
  writeFileSync(join(root, 'bin/tool'), 'program');
  symlinkSync('conf', join(root, 'etc/link'));
  const file = await open(join(root, 'etc/conf'));
  setAttribute(file.fd, 'user.note', Buffer.from('kept'));
  await file.close();
  chownSync(join(root, 'etc/conf'), 12, 34);
  utimesSync(join(root, 'etc/conf'), 1_000_000_000.25, 1_000_000_000.25);
  const vault = await vaultFor(t);
  const { entry } = await createState(collector, { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, entry);
  const check = async () => {
    const golden = await vault.open('files', await vault.verifiers());
    return all(checkState(collector, golden, { root }, vault)).finally(() => golden.close());
  };
  return { root, vault, check };
}

const optionsOf = (vault: Vault, root: string, dryRun = false) => ({
  root,
  dryRun,
  copies: vault.copies,
  log: vault.restorations,
});

test('what was changed, replaced, removed or added is as it was, with all metadata, and can be undone', async t => {
  const { root, vault, check } = await signed(t);
  const conf = join(root, 'etc/conf');
  writeFileSync(join(root, 'etc/conf.new'), 'evil\n', { mode: 0o644 });
  renameSync(join(root, 'etc/conf.new'), conf);
  rmSync(join(root, 'etc/deep'), { recursive: true });
  rmSync(join(root, 'etc/link'));
  symlinkSync('/tmp', join(root, 'etc/link'));
  writeFileSync(join(root, 'etc/added'), 'added');
  chmodSync(join(root, 'bin/tool'), 0o4777);

  const drifts = await check();
  for (const dryRun of [true, false]) {
    for (const { change } of drifts) {
      const text = await collector.restore?.(change, optionsOf(vault, root, dryRun));
      if (dryRun) assert.match(text?.en ?? '', /would|as it should/);
    }
    if (dryRun) assert.equal(readFileSync(conf, 'utf8'), 'evil\n');
  }
  assert.deepEqual(
    (await check()).map(({ change }) => change),
    [],
  );
  assert.equal(readFileSync(conf, 'utf8'), 'one\npassword = golden\ntwo\n');
  const { uid, gid, mode, mtimeMs } = statSync(conf);
  assert.deepEqual([uid, gid, mode & 0o7777, mtimeMs], [12, 34, 0o640, 1_000_000_000_250]);
  const file = await open(conf);
  assert.equal(readAttributes(file.fd).get('user.note')?.toString(), 'kept');
  await file.close();
  assert.equal(readlinkSync(join(root, 'etc/link')), 'conf');
  assert.equal(readFileSync(join(root, 'etc/deep/file'), 'utf8'), 'deep');
  assert.deepEqual(
    readdirSync(join(root, 'etc')).filter(name => name.startsWith('.redoubt')),
    [],
  );

  // Every restoration can be taken back.
  const done = await vault.restorations.list();
  for (const { key, before } of done.toReversed()) {
    const { restorePath } = await import('../../src/index.ts');
    await restorePath(key, before, vault.restorations, optionsOf(vault, root));
  }
  assert.equal(readFileSync(conf, 'utf8'), 'evil\n');
  assert.equal(statSync(conf).mode & 0o777, 0o644);
  assert.equal(readFileSync(join(root, 'etc/added'), 'utf8'), 'added');
  assert.equal(lstatSync(join(root, 'etc/deep'), { throwIfNoEntry: false }), undefined);
});

test('copies are private, limited in size, and refused when they were changed', async t => {
  const { root, vault, check } = await signed(t);
  assert.equal(statSync(vault.copies.directory).mode & 0o777, 0o700);
  writeFileSync(join(root, 'etc/large'), 'y');
  writeFileSync(join(root, 'bin/tool'), 'other');
  writeFileSync(join(root, 'etc/conf'), 'other');
  const drifts = await check();
  const of = (key: string) => drifts.find(({ change }) => change.key === key)?.change;
  for (const key of ['/etc/large', '/bin/tool']) {
    const change = of(key);
    assert.ok(change && change.kind === 'changed');
    await assert.rejects(async () => collector.restore?.(change, optionsOf(vault, root)), /no copy/);
  }
  const change = of('/etc/conf');
  assert.ok(change && change.kind === 'changed');
  const copy = vault.copies.fileOf(String(change.before.facts['sha256']));
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  const bytes = readFileSync(copy);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  for (const broken of [bytes, Buffer.from('nonsense'), bytes.subarray(0, 8)]) {
    writeFileSync(copy, broken);
    await assert.rejects(
      async () => collector.restore?.(change, optionsOf(vault, root)),
      (error: unknown) => error instanceof StateError && error.code === 'digest',
    );
    assert.equal(readFileSync(join(root, 'etc/conf'), 'utf8'), 'other');
  }
});

test('a folder that has become a link is not followed', async t => {
  const { root, vault, check } = await signed(t);
  const elsewhere = folderFor(t);
  writeFileSync(join(root, 'etc/deep/file'), 'changed');
  const drifts = await check();
  rmSync(join(root, 'etc/deep'), { recursive: true });
  symlinkSync(elsewhere, join(root, 'etc/deep'));
  writeFileSync(join(elsewhere, 'file'), 'not ours');
  const change = drifts.find(one => one.change.key === '/etc/deep/file')?.change;
  assert.ok(change);
  await assert.rejects(async () => collector.restore?.(change, optionsOf(vault, root)));
  assert.equal(readFileSync(join(elsewhere, 'file'), 'utf8'), 'not ours');
});

test('changed lines are told with secrets masked, and of some files none', async t => {
  const { root, check } = await signed(t);
  writeFileSync(join(root, 'etc/conf'), 'one\npassword = changed\ntwo\nthree\n', { mode: 0o640 });
  writeFileSync(join(root, 'etc/shadow'), 'root:y\n');
  const drifts = await check();
  const lines = (key: string) => drifts.find(({ change }) => change.key === key)?.lines;
  assert.deepEqual(lines('/etc/conf'), [
    '@@ -1 +1 @@',
    ' one',
    '-password = ***',
    '+password = ***',
    ' two',
    '+three',
  ]);
  assert.deepEqual(lines('/etc/shadow'), ['(not shown)']);
  assert.ok(!JSON.stringify(drifts).includes('changed\\n'));
});

test('the bytes of access control lists and capabilities come out of their words', () => {
  const acl = 'user::rw-,user:1000:r--,group::r--,mask::r--,other::---';
  assert.equal(aclText(aclBytes(acl) ?? Buffer.alloc(0)), acl);
  for (const words of ['cap_net_raw,cap_net_admin=ep', 'cap_bpf=p', 'cap_chown=eip']) {
    const bytes = capabilityBytes(words) ?? Buffer.alloc(0);
    const again = capabilityText(bytes) ?? '';
    assert.deepEqual(capabilityBytes(again), bytes);
  }
  const attributes = `security.capability=${capabilityBytes('cap_net_raw=ep')?.toString('hex')};user.a=0102;`;
  assert.equal(attributesOf(attributeFacts(attributes)).get('user.a')?.toString('hex'), '0102');
});
