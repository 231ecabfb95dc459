/** Nothing is lost in silence: recorded + lost is what was performed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { it } from 'node:test';
import type { EventKind } from '@redoubt/model';
import { Stage } from './helpers/actor.ts';

// Kinds that nothing else on a test machine performs in number; others' events are told apart by pid.
const kinds: readonly EventKind[] = ['file.create', 'file.rename', 'file.unlink'];

function countOf(stage: Stage, kind: EventKind): { recorded: number; lost: number } {
  const counter = stage.sensor.counters().find(one => one.kind === kind);
  assert.ok(counter);
  assert.equal(
    counter.recorded,
    counter.perCpu.reduce((sum, cpu) => sum + cpu.recorded, 0),
  );
  return counter;
}

it('a storm of files arrives whole', async () => {
  const stage = new Stage({ kinds });
  try {
    stage.compile('storm.c', stage.path('storm'));
    await stage.take();
    const run = spawnSync(stage.path('storm'), [stage.folder, '20000']);
    assert.equal(run.status, 0);
    const mine = (await stage.take()).filter(record => record.pid === run.pid);
    for (const kind of kinds) {
      assert.equal(mine.filter(record => record.kind === kind).length, 20_000, kind);
      assert.equal(countOf(stage, kind).lost, 0);
    }
  } finally {
    await stage.close();
  }
});

it('with a ring far too small, what is lost is counted exactly', async () => {
  // A rename that only this program makes: mode bits in the name would not do, so the kind is narrow.
  const stage = new Stage({ kinds: ['file.symlink'], ringBytes: 4096, queueBytes: 0 });
  try {
    const before = countOf(stage, 'file.symlink');
    const script = 'import os\nfor i in range(3000):\n os.symlink("x", f"l{i}")';
    const run = spawnSync('/usr/bin/python3', ['-c', script], { cwd: stage.folder });
    assert.equal(run.status, 0);
    const after = countOf(stage, 'file.symlink');
    const received = (await stage.take()).filter(record => record.kind === 'file.symlink');
    assert.equal(after.lost > before.lost, true);
    assert.equal(after.recorded + after.lost - before.recorded - before.lost, 3000);
    assert.equal(received.length, after.recorded);
  } finally {
    await stage.close();
  }
});

it('an ignored process leaves no records, and kinds can be switched while running', async () => {
  const stage = new Stage();
  try {
    stage.sensor.setKinds(['file.mkdir']);
    const seen = await stage.act([
      'mkdirat',
      'n:-100',
      's:d',
      'n:0700',
      '+',
      'unlinkat',
      'n:-100',
      's:d',
      'n:0x200',
    ]);
    assert.deepEqual(
      seen.all.map(record => record.kind),
      ['file.mkdir'],
    );
    stage.sensor.setKinds(['file.write', 'file.create']);
    stage.sensor.ignoreProcess(process.pid);
    const { writeFileSync } = await import('node:fs');
    await stage.take();
    writeFileSync(stage.path('quiet'), '');
    assert.equal(
      (await stage.take()).some(record => record.pid === process.pid),
      false,
    );
  } finally {
    await stage.close();
  }
});

it('stopping leaves nothing in the kernel', async () => {
  /** Programs, maps and links that this process holds; others on the host may run sensors of their own. */
  const held = () =>
    readdirSync('/proc/self/fd').filter(descriptor => {
      try {
        return /bpf/.test(readlinkSync(`/proc/self/fd/${descriptor}`));
      } catch {
        return false; // the descriptor of the listing itself
      }
    }).length;
  const before = held();
  const stage = new Stage();
  assert.equal(held() > before + 10, true);
  await stage.close();
  assert.equal(held(), before);
  assert.throws(() => stage.sensor.counters(), /closed/);
});
