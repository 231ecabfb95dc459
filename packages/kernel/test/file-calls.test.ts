/** Calls that change files: each of them, success and refusal, and the 32-bit entry. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileOf, Section } from '../src/index.ts';
import { noCompatEntry, only, Stage } from './helpers/actor.ts';

let stage: Stage;
before(() => {
  stage = new Stage();
  chmodSync(stage.folder, 0o755);
});
after(() => stage.close());

const cwd = 'n:-100';

async function one(words: string[], options: { cwd?: string; uid?: number } = {}) {
  const seen = await stage.act(words, options);
  const record = only(seen.records, `records of ${words.join(' ')}`);
  return { kind: record.kind, result: record.result, file: fileOf(record), record, seen };
}

describe('opening', () => {
  it('tells a created file from a written one, with the resolved path', async () => {
    const path = stage.path('new');
    const created = await one(['openat', cwd, 's:./new', 'n:0x41', 'n:0644']);
    assert.equal(created.kind, 'file.create');
    assert.equal(created.file.path, path);
    assert.equal(created.file.isResolved, true);
    assert.equal(created.file.mode, 0o100644);
    const written = await one(['openat', cwd, `s:${path}`, 'n:0x41', 'n:0644']);
    assert.equal(written.kind, 'file.write');
    assert.equal(written.file.inode, created.file.inode);
  });

  it('resolves symbolic links: the record names the file, not the link', async () => {
    await stage.act(['symlinkat', 's:new', cwd, 's:pointer']);
    const { file } = await one(['openat', cwd, 's:pointer', 'n:1']);
    assert.equal(file.path, stage.path('new'));
  });

  it('reads openat2’s flags from its structure', async () => {
    const { kind, file } = await one(['openat2', cwd, 's:two', 'w:0x41,0,0644,0,0,0', 'n:24']);
    assert.equal(kind, 'file.create');
    assert.equal(file.path, stage.path('two'));
  });

  it('records a refused write with the caller’s path, and nothing of a missing file', async () => {
    const { kind, result, file } = await one(['openat', cwd, 's:new', 'n:1'], { uid: 65534 });
    assert.equal(kind, 'file.write');
    assert.equal(result, -13);
    assert.equal(file.path, stage.path('new'));
    assert.equal((await stage.act(['openat', cwd, 's:no/such', 'n:1'])).records.length, 0);
  });

  it('is silent about reads, except of watched files', async () => {
    const secret = stage.path('secret');
    writeFileSync(secret, 'x');
    assert.equal((await stage.act(['openat', cwd, 's:secret', 'n:0'])).records.length, 0);
    assert.deepEqual(stage.sensor.watchReads([secret, stage.path('absent')]), [stage.path('absent')]);
    const { kind, file } = await one(['openat', cwd, 's:secret', 'n:0']);
    assert.equal(kind, 'file.read');
    assert.equal(file.path, secret);
  });

  it('leaves out ignored directories', async () => {
    mkdirSync(stage.path('noise'));
    stage.sensor.ignoreDirectories([stage.path('noise')]);
    const seen = await stage.act([
      'openat',
      cwd,
      's:noise/a',
      'n:0x41',
      'n:0644',
      '+',
      'openat',
      cwd,
      's:b',
      'n:0x41',
      'n:0644',
    ]);
    assert.equal(fileOf(only(seen.records, 'records')).path, stage.path('b'));
  });
});

describe('changing names', () => {
  const make = (name: string) => writeFileSync(stage.path(name), '');

  it('rename, renameat2', async () => {
    make('old');
    const first = await one(['renameat', cwd, 's:old', cwd, 's:newer']);
    assert.equal(first.kind, 'file.rename');
    assert.equal(first.file.path, stage.path('old'));
    assert.equal(first.file.target, stage.path('newer'));
    const second = await one(['renameat2', cwd, 's:newer', cwd, `s:${stage.path('newest')}`, 'n:1']);
    assert.equal(second.file.target, stage.path('newest'));
    assert.equal(second.file.flags, 1);
  });

  it('places a path below a directory descriptor', async () => {
    mkdirSync(stage.path('deep'), { recursive: true });
    make('deep/x');
    const seen = await stage.act([
      'openat',
      cwd,
      's:deep',
      'n:0x10000',
      '+',
      'unlinkat',
      'r:0',
      's:x',
      'n:0',
    ]);
    const record = only(seen.records, 'records');
    assert.equal(record.kind, 'file.unlink');
    assert.equal(fileOf(record).path, stage.path('deep', 'x'));
  });

  it('unlink and rmdir are told apart in unlinkat', async () => {
    mkdirSync(stage.path('gone'));
    const { kind } = await one(['unlinkat', cwd, 's:gone', 'n:0x200']);
    assert.equal(kind, 'file.rmdir');
  });

  it('link, symlink, mkdir, mknod', async () => {
    make('file');
    const link = await one(['linkat', cwd, 's:file', cwd, 's:hard', 'n:0']);
    assert.deepEqual(
      [link.kind, link.file.path, link.file.target],
      ['file.link', stage.path('file'), stage.path('hard')],
    );
    const symbolic = await one(['symlinkat', 's:../away', cwd, 's:soft']);
    assert.deepEqual(
      [symbolic.kind, symbolic.file.path, symbolic.file.name],
      ['file.symlink', stage.path('soft'), '../away'],
    );
    const folder = await one(['mkdirat', cwd, 's:folder', 'n:0700']);
    assert.deepEqual(
      [folder.kind, folder.file.path, folder.file.mode],
      ['file.mkdir', stage.path('folder'), 0o700],
    );
    const node = await one(['mknodat', cwd, 's:pipe', 'n:0010600', 'n:0']);
    assert.deepEqual([node.kind, node.file.mode], ['file.mknod', 0o010600]);
  });

  it('refusals carry the errno', async () => {
    make('kept');
    const { kind, result } = await one(['unlinkat', cwd, 's:kept', 'n:0'], { uid: 65534 });
    assert.deepEqual([kind, result], ['file.unlink', -13]);
  });
});

describe('changing attributes', () => {
  it('chmod, chown, xattr, truncate, by path and by descriptor', async () => {
    writeFileSync(stage.path('attr'), '');
    const open = ['openat', cwd, 's:attr', 'n:0', '+'];
    const mode = await one(['fchmodat', cwd, 's:attr', 'n:04755']);
    assert.deepEqual([mode.kind, mode.file.path, mode.file.mode], ['file.chmod', stage.path('attr'), 0o4755]);
    const byDescriptor = await one([...open, 'fchmod', 'r:0', 'n:0600']);
    assert.deepEqual(
      [byDescriptor.file.path, byDescriptor.file.isResolved, byDescriptor.file.mode],
      [stage.path('attr'), true, 0o600],
    );
    const owner = await one(['fchownat', cwd, 's:attr', 'n:12', 'n:-1', 'n:0']);
    assert.deepEqual([owner.kind, owner.file.ownerUid, owner.file.ownerGid], ['file.chown', 12, undefined]);
    const both = await one([...open, 'fchown', 'r:0', 'n:0', 'n:0']);
    assert.deepEqual([both.file.path, both.file.ownerUid, both.file.ownerGid], [stage.path('attr'), 0, 0]);
    const empty = await one([...open, 'fchownat', 'r:0', 's:', 'n:3', 'n:4', 'n:0x1000']);
    assert.deepEqual([empty.file.path, empty.file.ownerUid, empty.file.ownerGid], [stage.path('attr'), 3, 4]);
    const length = await one(['truncate', 's:attr', 'n:9']);
    assert.deepEqual([length.kind, length.file.length], ['file.truncate', 9]);
    const opened = await stage.act(['openat', cwd, 's:attr', 'n:1', '+', 'ftruncate', 'r:0', 'n:5']);
    const cut = only(
      opened.records.filter(r => r.kind === 'file.truncate'),
      'truncations',
    );
    assert.deepEqual([fileOf(cut).path, fileOf(cut).length], [stage.path('attr'), 5]);
  });

  it('setxattr carries the attribute’s name', async () => {
    const seen = await stage.act(['setxattr', 's:attr', 's:user.redoubt', 's:v', 'n:1', 'n:0']);
    if (seen.results[0] === -95) return; // the file system has no extended attributes
    const record = only(seen.records, 'records');
    assert.deepEqual([record.kind, fileOf(record).name], ['file.setxattr', 'user.redoubt']);
  });
});

describe('names that are hard to handle', () => {
  it('newlines', async () => {
    const { file, record } = await one(['openat', cwd, 's:line\nbreak', 'n:0x41', 'n:0644']);
    assert.equal(file.path, stage.path('line\nbreak'));
    assert.equal(record.text(1)?.startsWith('line\nbreak\0'), true);
    assert.equal(readdirSync(stage.folder).includes('line\nbreak'), true);
  });

  it('bytes that are no UTF-8: as they are in `bytes`, replaced in text', async () => {
    await stage.take();
    const script = 'n=$(printf "bad\\377\\200name"); : > "$n"; exec mv "$n" "$n.new"';
    const { pid, status } = spawnSync('/bin/sh', ['-c', script], { cwd: stage.folder });
    assert.equal(status, 0);
    const mine = (await stage.take()).filter(record => record.pid === pid);
    const ofKind = (kind: string) =>
      only(
        mine.filter(record => record.kind === kind),
        kind,
      );
    const name = Buffer.from('bad\xff\x80name', 'latin1');
    assert.equal(
      readdirSync(stage.folder, { encoding: 'buffer' }).some(each =>
        each.equals(Buffer.concat([name, Buffer.from('.new')])),
      ),
      true,
    );
    const created = ofKind('file.create');
    assert.equal(fileOf(created).path, stage.path('bad\ufffd\ufffdname'));
    assert.deepEqual(created.bytes(Section.path)?.subarray(0, name.length), name);
    const renamed = ofKind('file.rename');
    assert.equal(fileOf(renamed).target, stage.path('bad\ufffd\ufffdname.new'));
    assert.deepEqual(renamed.bytes(Section.userPath), name);
  });

  it('a hundred directories deep', async () => {
    const deep = Array.from({ length: 100 }, (_, i) => `level${i}`).join('/');
    mkdirSync(stage.path(deep), { recursive: true });
    const { file } = await one(['openat', cwd, `s:${deep}/leaf`, 'n:0x41', 'n:0644']);
    assert.equal(file.path, stage.path(deep, 'leaf'));
  });
});

describe('the 32-bit entry', { skip: noCompatEntry() }, () => {
  it('is seen like the 64-bit one', async () => {
    const created = await one(['compat:5', 's:compat', 'n:0x41', 'n:0644']);
    assert.deepEqual(
      [created.kind, created.file.path, created.record.isCompat],
      ['file.create', stage.path('compat'), true],
    );
    const renamed = await one(['compat:38', 's:compat', 's:compat2']);
    assert.deepEqual([renamed.kind, renamed.file.target], ['file.rename', stage.path('compat2')]);
    const owned = await one(['compat:182', 's:compat2', 'n:7', 'n:0xffff']);
    assert.deepEqual([owned.file.ownerUid, owned.file.ownerGid], [7, undefined]);
    const cut = await one(['compat:193', 's:compat2', 'n:8', 'n:1']);
    assert.equal(cut.file.length, 8 + 2 ** 32);
    const removed = await one(['compat:301', cwd, 's:compat2', 'n:0']);
    assert.deepEqual([removed.kind, removed.file.path], ['file.unlink', stage.path('compat2')]);
  });
});
