/** Fork, exec and exit: each process exactly once, with what it runs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { execOf, exitOf, forkOf, type KernelRecord, Numbers } from '../src/index.ts';
import { only, Stage } from './helpers/actor.ts';

let stage: Stage;
before(() => {
  stage = new Stage();
  stage.compile('births.c', stage.path('births'));
});
after(() => stage.close());

/** Records of a process and its children. */
async function family(words: string[]) {
  await stage.take();
  const [program = '', ...rest] = words;
  const run = spawnSync(program, rest, { cwd: stage.folder });
  assert.equal(run.status, 0, `${words.join(' ')}: ${run.stderr}`);
  const all = await stage.take();
  const forks = all.filter(record => record.kind === 'process.fork' && record.pid === run.pid);
  const children = new Set(forks.map(record => forkOf(record).childUid));
  return { pid: run.pid, all, forks, ofChildren: all.filter(record => children.has(record.processUid)) };
}

const ofKind = (records: KernelRecord[], kind: string) => records.filter(record => record.kind === kind);

describe('counting processes', () => {
  for (const [how, execs] of [
    ['fork', 0],
    ['vfork', 1],
    ['clone3', 0],
    ['threads', 0],
    ['exec', 1],
    ['threadexec', 1],
  ] as const) {
    it(`${how}: one fork, ${execs} exec, one exit each`, async () => {
      const { forks, ofChildren } = await family([stage.path('births'), how, '50']);
      assert.equal(forks.length, 50);
      assert.equal(ofKind(ofChildren, 'process.exec').length, 50 * execs);
      const exits = ofKind(ofChildren, 'process.exit');
      assert.equal(exits.length, 50);
      assert.equal(new Set(exits.map(record => record.processUid)).size, 50);
      assert.deepEqual(new Set(exits.map(record => exitOf(record).exitCode)), new Set([execs ? 0 : 7]));
    });
  }

  it('2,000 short processes are recorded exactly', async () => {
    const { forks, ofChildren } = await family([stage.path('births'), 'exec', '2000']);
    assert.equal(forks.length, 2000);
    assert.equal(ofKind(ofChildren, 'process.exec').length, 2000);
    assert.equal(ofKind(ofChildren, 'process.exit').length, 2000);
  });
});

/** The exec record of a program that is run, and of its exit. */
async function execution(program: string, words: string[], options: object = {}) {
  await stage.take();
  const run = spawnSync(program, words, { cwd: stage.folder, ...options });
  const all = await stage.take();
  const mine = all.filter(record => record.pid === run.pid);
  const last = ofKind(mine, 'process.exec').at(-1);
  assert.ok(last, `no exec record of ${program} (pid ${run.pid}); ${all.length} others`);
  return { exec: execOf(last), record: last, exit: exitOf(only(ofKind(mine, 'process.exit'), 'exits')), run };
}

describe('what a program is', () => {
  it('path, arguments, directory, environment, parent, identity', async () => {
    const program = stage.path('my program');
    copyFileSync('/bin/true', program);
    chmodSync(program, 0o4755);
    const { exec, record, exit } = await execution(program, ['a b', '', 'line\nbreak'], {
      env: { LD_LIBRARY_PATH: '/nowhere', SECRET: 'not recorded', HISTFILE: '/dev/null' },
    });
    assert.equal(exec.path, program);
    assert.deepEqual(exec.arguments, [program, 'a b', '', 'line\nbreak']);
    assert.equal(exec.workingDirectory, stage.folder);
    assert.deepEqual(exec.environment, [
      ['LD_LIBRARY_PATH', '/nowhere'],
      ['HISTFILE', '/dev/null'],
    ]);
    assert.equal(exec.parentPid, process.pid);
    assert.equal(exec.file.mode, 0o104755);
    assert.equal(exec.file.isDeleted, false);
    assert.equal(exec.command, 'my program');
    assert.equal(exec.namespacePid, record.pid);
    assert.equal(exec.capabilities !== 0n, true);
    assert.deepEqual([exit.exitCode, exit.signal], [0, undefined]);
    const fields = readFileSync('/proc/self/stat', 'latin1').split(' ');
    assert.equal(exec.parentUid, `${process.pid}:${fields[21]}`);
  });

  it('times of the file are those that stat tells, asked for or not', async () => {
    const program = stage.path('timed');
    const times = async () => {
      const { record } = await execution(program, []);
      const number = (name: 'modified' | 'changed') => record.bigNumber(Numbers.exec.indexOf(name));
      return [number('modified'), number('changed')];
    };
    copyFileSync('/bin/true', program);
    const neverAsked = await times();
    // From here on the kernel keeps the mark "asked for" in the inode's ctime (Linux 6.13 and later).
    const { mtimeNs, ctimeNs } = statSync(program, { bigint: true });
    assert.deepEqual(neverAsked, [mtimeNs, ctimeNs]);
    assert.deepEqual(await times(), [mtimeNs, ctimeNs]);
  });

  it('a script: its interpreter, and the script as file name', async () => {
    const script = stage.path('script.sh');
    writeFileSync(script, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    const { exec, exit } = await execution(script, []);
    assert.equal(exec.filename, script);
    assert.equal(exec.interpreter, '/bin/sh');
    assert.equal(exec.path, '/usr/bin/dash');
    assert.equal(exit.exitCode, 3);
  });

  it('arguments longer than 4 KiB are cut and say so', async () => {
    const { exec } = await execution('/bin/true', ['x'.repeat(100_000)]);
    assert.equal(exec.argumentsTruncated, true);
    assert.equal(exec.arguments[1]?.startsWith('xxxx'), true);
    assert.equal(exec.commandLine.length, 4096);
  });

  it('a program without a name on disk: deleted, memfd', async () => {
    const source = `
import os, sys
copy = open('/bin/true', 'rb').read()
if sys.argv[1] == 'memfd':
    fd = os.memfd_create('marker')
    os.write(fd, copy)
else:
    path = sys.argv[2]
    with open(path, 'wb') as file: file.write(copy)
    os.chmod(path, 0o755)
    fd = os.open(path, os.O_RDONLY)
    os.unlink(path)
os.execve(fd, ['named by its caller'], {})`;
    const memfd = await execution('/usr/bin/python3', ['-c', source, 'memfd']);
    assert.deepEqual(
      [memfd.exec.file.isMemfd, memfd.exec.file.isDeleted, memfd.exec.path],
      [true, true, '/memfd:marker'],
    );
    const deleted = await execution('/usr/bin/python3', ['-c', source, 'file', stage.path('short-lived')]);
    assert.deepEqual([deleted.exec.file.isMemfd, deleted.exec.file.isDeleted], [false, true]);
    assert.equal(deleted.exec.path, stage.path('short-lived'));
  });

  it('the signal that ended a process', async () => {
    const { exit } = await execution('/bin/sh', ['-c', 'kill -TERM $$']);
    assert.deepEqual([exit.exitCode, exit.signal], [143, 15]);
  });

  it('the user who runs it', async () => {
    chmodSync(stage.folder, 0o755);
    const { record, exec } = await execution('/bin/true', [], { uid: 65534, gid: 65534 });
    assert.deepEqual([record.uid, record.euid, exec.gid, exec.capabilities], [65534, 65534, 65534, 0n]);
  });
});
