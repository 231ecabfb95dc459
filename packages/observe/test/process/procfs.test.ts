import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  deviceName,
  joinArguments,
  notableVariables,
  parseStat,
  parseStatus,
  terminalName,
} from '../../src/process/procfs.ts';
import { readProcess } from '../../src/process/read-process.ts';
import { reconcile } from '../../src/process/reconcile.ts';
import { ProcessTable, unknownContext } from '../../src/process/table.ts';
import { program } from './helpers.ts';

test('this process, as /proc tells it', () => {
  const found = readProcess('/proc', process.pid, 5);
  assert.ok(found);
  assert.equal(found.stat.parentPid, process.ppid);
  assert.equal(found.image.file.path, process.execPath);
  assert.equal(found.image.file.inode, statSync(process.execPath).ino);
  assert.equal(found.image.workingDirectory, process.cwd());
  assert.equal(found.image.since, 5);
  assert.ok(found.image.commandLine.includes(basename(import.meta.filename)));
  assert.equal(found.context.credentials.userId, process.getuid?.());
  assert.equal(found.context.credentials.effectiveGroupId, process.getegid?.());
});

test('names with parentheses, spaces and line breaks; terminals; kernel threads', () => {
  const rest = 'S 7 8 9 34817 10 4194304 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0';
  const stat = parseStat(`12 (a) b\n(c)) ${rest}`);
  assert.deepEqual(stat, {
    pid: 12,
    name: 'a) b\n(c)',
    state: 'S',
    parentPid: 7,
    group: 8,
    session: 9,
    terminal: 'pts/1',
    isKernelThread: false,
    startTicks: 4242,
  });
  assert.throws(() => parseStat('nonsense'), /not a \/proc\/PID\/stat line/);
  assert.deepEqual([0, 1025, 1088, 34816].map(terminalName), ['', 'tty1', 'ttyS0', 'pts/0']);
  const thread = readFileSync('/proc/2/stat', 'utf8');
  assert.equal(parseStat(thread).isKernelThread, thread.includes('kthreadd'));
});

test('status, arguments, environment and devices', () => {
  const status = parseStatus(
    'Name:\tx\nTgid:\t5\nNSpid:\t5\t1\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nCapEff:\t00000000a80425fb\n',
  );
  assert.equal(status.credentials.effectiveUserId, 2);
  assert.equal(status.credentials.groupId, 5);
  assert.equal(status.credentials.capabilities, 0xa80425fbn);
  assert.equal(status.namespacePid, 1);
  assert.equal(joinArguments('a\0b c\0\0'), 'a b c ');
  assert.equal(joinArguments('x'.repeat(10_000)).length, 4096);
  assert.deepEqual(notableVariables('PATH=/bin\0LD_PRELOAD=/x.so\0HOME=/\0SSH_CONNECTION=1 2 3 4\0'), [
    'LD_PRELOAD=/x.so',
    'SSH_CONNECTION=1 2 3 4',
  ]);
  assert.equal(deviceName(0xfd01n), '253:1');
});

test('no text makes the parsers fail in another way than they say', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      parseStatus(text);
      joinArguments(text);
      notableVariables(text);
      try {
        parseStat(text);
      } catch (error) {
        assert.match(String(error), /not a \/proc\/PID\/stat line/);
      }
    }),
  );
});

test('the table is seeded from /proc, and repaired when records were lost', async context => {
  const table = new ProcessTable();
  const now = () => Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;
  const seeded = await reconcile(table, { now });
  assert.ok(seeded.missedForks > 1);
  const own = table.newest(process.pid);
  assert.equal(own?.parent?.pid, process.ppid);

  // A fork and an exec that no record told of.
  const child = spawn('/bin/sh', ['-c', 'read line; exec /bin/sleep 600'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  context.after(() => child.kill('SIGKILL'));
  const pid = child.pid as number;
  while (readProcess('/proc', pid, 0)?.image.file.path !== '/usr/bin/dash') await new Promise(setImmediate);
  await reconcile(table, { now });
  const found = table.newest(pid);
  assert.equal(found?.image.file.path, '/usr/bin/dash');
  assert.equal(found?.parent, own);

  child.stdin?.write('\n');
  while (readProcess('/proc', pid, 0)?.image.file.path !== '/usr/bin/sleep') await new Promise(setImmediate);
  const repaired: string[] = [];
  await reconcile(table, { now, onRepair: (what, each) => each.pid === pid && repaired.push(what) });
  assert.deepEqual(repaired, ['exec']);
  assert.deepEqual(
    found?.images.map(image => image.file.path),
    ['/usr/bin/dash', '/usr/bin/sleep'],
  );

  // An exit that no record told of, and one process that never was.
  const ghost = table.adopt(4_000_000, 1, 10, undefined, 0, program('/bin/ghost', 10), unknownContext);
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  await reconcile(table, { now });
  assert.notEqual(found?.terminatedTime, undefined);
  assert.equal(found?.exitCode, undefined, 'nobody saw its code');
  assert.notEqual(ghost.terminatedTime, undefined);
  assert.equal(own?.terminatedTime, undefined);
});
