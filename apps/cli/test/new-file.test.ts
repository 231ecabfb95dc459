import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeNew } from '../src/output/new-file.ts';

test('a new file is whole or not there; nothing is written over', context => {
  const disk = mkdtempSync(join(tmpdir(), 'redoubt-new-file-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  context.after(() => {
    execFileSync('umount', ['-l', disk]);
    rmdirSync(disk);
  });
  const path = join(disk, 'report.html');
  assert.throws(() => writeNew(path, 'x'.repeat(1 << 20)), /ENOSPC/);
  assert.ok(!existsSync(path), 'the same command works once there is room');
  writeNew(path, 'whole');
  assert.throws(() => writeNew(path, 'other'), /there already/);
  assert.equal(readFileSync(path, 'utf8'), 'whole');
});
