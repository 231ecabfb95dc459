import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ancestryOf, launcherOf, parentOf } from '../../src/process/lineage.ts';
import { ProcessTable, unknownContext } from '../../src/process/table.ts';
import { program, spell } from './helpers.ts';

/** A table with init (1) running /sbin/init. */
function withInit(limits = {}): { table: ProcessTable; init: ReturnType<ProcessTable['adopt']> } {
  const table = new ProcessTable(limits);
  const init = table.adopt(1, 0, 0, undefined, 0, program('/sbin/init', 0), unknownContext);
  return { table, init };
}

test('what ran before an exec stays in the ancestry: nginx, then sh, then a memfd program', () => {
  const { table, init } = withInit();
  const nginx = table.fork(10, 100, 1000, init);
  table.exec(nginx, program('/usr/sbin/nginx', 1010), unknownContext);
  const child = table.fork(12, 200, 2000, nginx);
  table.exec(child, program('/usr/bin/sh', 2010), unknownContext);
  const payload = program('/memfd:x (deleted)', 2020);
  table.exec(child, payload, unknownContext);
  assert.equal(payload.file.isMemfd, true);
  assert.deepEqual(spell(ancestryOf(child, child.image)), ['sh@12', 'nginx@10', 'init@1']);
  assert.equal(launcherOf(child, child.image)?.image.name, 'sh');
  assert.equal(parentOf(child)?.process.pid, 10);
});

test('a parent that goes on to another program is remembered as what it was when it forked', () => {
  const { table, init } = withInit();
  const shell = table.fork(20, 100, 1000, init);
  table.exec(shell, program('/bin/sh', 1001), unknownContext);
  const child = table.fork(21, 110, 1100, shell);
  table.exec(shell, program('/bin/other', 1200), unknownContext);
  assert.deepEqual(spell(ancestryOf(child, child.image)), ['sh@20', 'init@1']);
  table.exec(child, program('/bin/ls', 1300), unknownContext);
  assert.deepEqual(spell(ancestryOf(child, child.image)), ['sh@20', 'init@1']);
});

test('an ancestry survives the exit of the parent and the reuse of its pid', () => {
  const { table, init } = withInit({ keepExitedMs: 1000 });
  const daemonizer = table.fork(30, 100, 1000, init);
  table.exec(daemonizer, program('/usr/bin/start', 1001), unknownContext);
  const daemon = table.fork(31, 101, 1010, daemonizer);
  table.exec(daemon, program('/usr/bin/daemon', 1011), unknownContext);
  table.exit(daemonizer, 1020, 0);
  const reuser = table.fork(30, 900, 9000, init);
  table.exec(reuser, program('/usr/bin/innocent', 9001), unknownContext);
  table.sweep(1_000_000);
  assert.deepEqual(spell(ancestryOf(daemon, daemon.image)), ['start@30', 'init@1']);
  assert.equal(table.find(30, 100)?.image.name, 'start');
  assert.equal(table.find(30, 900)?.image.name, 'innocent');
  assert.equal(table.newest(30), reuser);
  assert.equal(table.findUid('30:100'), daemonizer);
  assert.equal(table.findUid('nonsense'), undefined);

  table.exit(daemon, 1_000_001, 0);
  table.sweep(2_000_000);
  assert.equal(table.find(31, 101), undefined, 'the daemon is past its time');
  assert.equal(table.find(30, 100), undefined, 'and with it the ancestor that waited for it');
  assert.equal(table.size, 2);
});

test('a pid that has another holder tells that the earlier one has ended', () => {
  const { table, init } = withInit();
  const first = table.fork(40, 100, 1000, init);
  table.fork(40, 200, 2000, init);
  assert.equal(first.terminatedTime, 2000);
  assert.equal(first.exitCode, undefined);
  assert.equal(table.counters.missedExits, 1);
  table.exit(first, 1500, 7);
  assert.equal(first.exitCode, 7, 'a late exit record still tells its code');
  assert.equal(first.terminatedTime, 1500);
});

test('reporting the same fork or an exec that was found in /proc before changes nothing', () => {
  const { table, init } = withInit();
  const found = { ...program('/bin/tool', 5000), source: 'proc' as const };
  const process = table.adopt(50, 100, 1000, undefined, 0, found, unknownContext);
  assert.equal(table.fork(50, 100, 1000, init), process);
  assert.equal(process.parent, init);
  table.exec(process, program('/bin/launcher', 1001), unknownContext);
  table.exec(process, program('/bin/tool', 1002), unknownContext);
  assert.deepEqual(
    process.images.map(image => image.name),
    ['launcher', 'tool'],
  );
  assert.equal(table.size, 2);
});

test('imageAt tells which program ran at a moment', () => {
  const { table, init } = withInit();
  const process = table.fork(60, 100, 1000, init);
  table.exec(process, program('/bin/a', 1100), unknownContext);
  table.exec(process, program('/bin/b', 1200), unknownContext);
  const at = (time: number) => process.imageAt(time).name;
  assert.deepEqual([at(1050), at(1100), at(1199), at(1200)], ['init', 'a', 'a', 'b']);
});

test('an endless chain of double forks stays bounded, and tells how many ancestors were forgotten', () => {
  const { table, init } = withInit({ keepExitedMs: 100, maxExited: 50 });
  let current = table.fork(100, 100, 1000, init);
  table.exec(current, program('/bin/chain', 1000), unknownContext);
  for (let step = 1; step < 2000; step++) {
    const time = 1000 + step * 10;
    const next = table.fork(100 + step, 100 + step, time, current);
    table.exit(current, time + 1, 0);
    current = next;
    table.sweep(time + 2);
    assert.ok(table.exited <= 50 + 1, `${table.exited} exited processes are remembered`);
  }
  const steps = ancestryOf(current, current.image);
  assert.equal(steps.at(-1)?.process.pid === 1 || steps.length === 32, true);
  let forgotten = 0;
  let remembered = 0;
  for (let at: typeof current | undefined = current; at !== undefined; at = at.parent) {
    forgotten += at.forgottenAncestors;
    remembered++;
  }
  assert.equal(forgotten + remembered, 2001, 'every ancestor is either remembered or counted');
  assert.equal(table.counters.forgotten + table.size, 2001);
});

test('a loop of execs keeps the first and the latest programs, and counts the rest', () => {
  const { table, init } = withInit();
  const process = table.fork(70, 100, 1000, init);
  for (let step = 0; step < 1000; step++) {
    table.exec(process, program(`/bin/p${step}`, 1001 + step), unknownContext);
  }
  assert.equal(process.images.length, 16);
  assert.equal(process.images[1]?.name, 'p0');
  assert.equal(process.image.name, 'p999');
  assert.equal(process.forgottenImages, 1001 - 16);
});

test('text is bounded as well as the number of processes', () => {
  const { table, init } = withInit({ keepExitedMs: 1e9, maxTextLength: 100_000 });
  for (let pid = 100; pid < 1100; pid++) {
    const process = table.fork(pid, pid, pid, init);
    table.exec(process, program('/bin/long', pid, 'x'.repeat(2000)), unknownContext);
    table.exit(process, pid + 1, 0);
    table.sweep(pid + 2);
  }
  assert.ok(table.textLength <= 100_000, `${table.textLength} characters are held`);
  assert.ok(table.counters.forgotten > 900);
});

test('what changed is handed out once', () => {
  const { table, init } = withInit();
  table.takeChanged();
  const process = table.fork(80, 100, 1000, init);
  table.exec(process, program('/bin/a', 1100), unknownContext);
  assert.deepEqual(table.takeChanged(), [process]);
  assert.deepEqual(table.takeChanged(), []);
  table.exit(process, 1200, 1);
  assert.deepEqual(table.takeChanged(), [process]);
});

test('a bogus parent that started later is refused, so that no ancestry has a cycle', () => {
  const { table, init } = withInit();
  const early = table.fork(90, 100, 1000, undefined);
  const late = table.fork(91, 200, 2000, early);
  table.fork(90, 100, 1000, late);
  assert.equal(early.parent, undefined);
  table.fork(90, 100, 1000, init);
  assert.equal(early.parent, init);
});
