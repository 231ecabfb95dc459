/** A disk that is really full: a small tmpfs and a small ext4, each in a mount namespace of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from './support/samples.ts';

interface Stage {
  stage: string;
  events: number;
  isNewest: boolean;
  eventsAppended: number;
  eventsDropped: number;
  kept: number;
  findings: number;
  told: string[];
  free: number;
}

const program = join(import.meta.dirname, 'support', 'full-disk.ts');
const mounts = {
  tmpfs: 'mount -t tmpfs -o size=48m tmpfs "$1/disk"',
  ext4: 'truncate -s 64M "$1/image" && mkfs.ext4 -q -m 0 "$1/image" && mount -o loop "$1/image" "$1/disk"',
};

for (const [kind, mount] of Object.entries(mounts)) {
  test(`full ${kind}: oldest events go, findings stay and are still written`, {
    skip: notPossible(),
  }, context => {
    const folder = temporaryFolder();
    const script = `mkdir "$1/disk" && ${mount} && "$2" "$3" "$1/disk"; status=$?; umount "$1/disk"; exit $status`;
    const run = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', folder, process.execPath, program], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    const stages = run.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Stage);
    for (const stage of stages) context.diagnostic(JSON.stringify(stage));
    const names = ['roomy', 'filled', 'roomy again', 'started full'];
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      names,
    );
    for (const stage of stages) {
      assert.equal(stage.kept, stage.findings, `${stage.stage}: every finding is there`);
      assert.equal(stage.isNewest, true, `${stage.stage}: the newest event is there`);
      assert.equal(stage.eventsDropped, 0, `${stage.stage}: every event was recorded`);
      assert.ok(stage.events >= 20, `${stage.stage}: as many events as fit are there`);
    }
    const told = stages.map(stage => stage.told);
    assert.deepEqual(told[0], []);
    assert.deepEqual(told[1], ['disk-full on']);
    assert.deepEqual(told[2], ['disk-full off']);
    assert.deepEqual(told[3], ['disk-full on']);
  });
}

function notPossible(): string | false {
  return process.getuid?.() === 0 ? false : 'mounting needs root';
}
