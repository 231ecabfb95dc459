/** Dumps are core files that gdb reads. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ElfFile } from '@redoubt/observe/elf';
import { dumpProcess } from '../../src/memory/index.ts';
import { buildOdd } from './support.ts';

test('a core file of a running process is read by gdb, and its digest is right', async () => {
  const odd = buildOdd();
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-dump-'));
  try {
    const child = await odd.start('clean');
    const pid = child.pid ?? 0;
    const file = join(folder, 'core');
    const report = await dumpProcess(pid, file);
    assert.equal(child.exitCode, null);
    assert.equal(report.sha256, createHash('sha256').update(readFileSync(file)).digest('hex'));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const elf = new ElfFile(readFileSync(file));
    assert.equal(elf.header.type, 4);
    assert.equal(elf.loads.length, report.regions);
    const told = execFileSync(
      'gdb',
      [
        '-nx',
        '-batch',
        '-ex',
        'info proc mappings',
        '-ex',
        'x/4xb patched_function',
        '-ex',
        'info threads',
        readlinkSync(`/proc/${pid}/exe`),
        file,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000, killSignal: 'SIGKILL' },
    );
    assert.match(told, /odd-clean/);
    assert.match(told, /<patched_function>:\s+0x/);
    assert.match(told, new RegExp(`LWP ${pid}|process ${pid}|Thread .*${pid}`));
    await assert.rejects(dumpProcess(pid, join(folder, 'none'), { region: 4096 }), /nothing mapped/);
    writeFileSync(join(folder, 'other.partial'), '');
    await assert.rejects(dumpProcess(pid, join(folder, 'other')), /EEXIST/);
    const [region] = elf.loads;
    const part = await dumpProcess(pid, join(folder, 'part'), { region: region?.address ?? 0 });
    assert.equal(part.regions, 1);
  } finally {
    odd.clean();
    rmSync(folder, { recursive: true });
  }
});
