/** Each step is really made: seen by strace, or in /proc, not told by the drill. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Drill, drillProgram, drills, startDrill } from '../src/index.ts';

const built = await drillProgram();
const root = process.geteuid?.() === 0;
const strace = hasStrace();

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What strace must show; TAG stands for the run's tag. */
const expected: Record<string, readonly RegExp[]> = {
  'fileless-exec': [
    /memfd_create\("TAG", 0\) = (\d+)/,
    /execve\("\/proc\/self\/fd\/\d+", \["true", "TAG"\].* = 0/,
  ],
  'exec-from-tmp': [/execve\("\/tmp\/TAG\/worker", .* = 0/],
  'exec-from-dev-shm': [/execve\("\/dev\/shm\/TAG\/worker", .* = 0/],
  'exec-deleted': [/unlink\("\/tmp\/TAG\/worker"\) += 0/, /execve\("\/proc\/self\/fd\/\d+", .* = 0/],
  'web-server-shell': [
    /execve\("\/tmp\/TAG\/nginx", .* = 0/,
    /execve\("\/bin\/sh", \["sh", "-c", ":", "TAG"\].* = 0/,
  ],
  'database-shell': [/execve\("\/tmp\/TAG\/postgres", .* = 0/, /execve\("\/bin\/sh", .* = 0/],
  'preload-from-tmp': [/openat\(AT_FDCWD, "\/tmp\/TAG\/empty.so", O_RDONLY\|O_CLOEXEC\) = \d/],
  'miner-command-line': [/execve\("\/bin\/true", \["true", "--url", "stratum\+tcp:.*"TAG"\].* = 0/],
  sudoers: [/openat\(AT_FDCWD, "\/etc\/sudoers.d\/TAG", O_WRONLY.* = \d/],
  'wx-memory': [
    /mmap\(NULL, \d+, PROT_READ\|PROT_WRITE\|PROT_EXEC, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0\) = 0x/,
  ],
  'memory-injection': [/process_vm_writev\(\d+, .*\) += 1/],
  'ld-so-preload': [
    /unshare\(CLONE_NEWNS\) += 0/,
    /openat\(AT_FDCWD, "\/etc\/ld.so.preload", O_WRONLY.* = \d/,
  ],
  'cron-job': [/openat\(AT_FDCWD, "\/etc\/cron.d\/TAG", O_WRONLY.* = \d/],
  'systemd-unit': [/openat\(AT_FDCWD, "\/etc\/systemd\/system\/TAG.service", O_WRONLY.* = \d/],
  'authorized-keys': [/openat\(AT_FDCWD, "\/root\/.ssh\/authorized_keys", O_WRONLY.* = \d/],
  'setuid-file': [/chmod\("\/tmp\/TAG\/worker", 04700\) += 0/],
  'kernel-module': [/finit_module\(\d+, "", 0\) += -1 E/],
  'read-shadow': [/openat\(AT_FDCWD, "\/etc\/shadow", O_RDONLY\|O_CLOEXEC\) = \d/],
  'log-wiping': [/truncate\("\/var\/log\/auth.log", 0\) += 0/],
  'mass-rename': [/rename\("\/tmp\/TAG\/document-199.txt", "\/tmp\/TAG\/document-199.txt.locked"\) = 0/],
  'listener-from-tmp': [/execve\("\/tmp\/TAG\/worker", .* = 0/, /listen\(\d+, 1\) += 0/],
  'mining-pool': [/connect\(\d+, \{sa_family=AF_INET, sin_port=htons\(3333\), .*198\.51\.100\.7.* = 0/],
  'join-host-namespace': [/setns\(\d+, CLONE_NEWNS\) += 0/],
  'container-host-write': [
    /mount\("\/etc", "\/etc", NULL, MS_BIND, NULL\) = 0/,
    /"\/etc\/cron.d\/TAG", O_WRONLY.* = \d/,
  ],
};

/** A drill’s step under strace, one file a process so that no line is cut in two; all files in one. */
async function trace(drill: Drill): Promise<{ tag: string; trace: string }> {
  const scratch = mkdtempSync('/tmp/drill-trace-');
  const output = join(scratch, 'trace');
  const wrapper = join(scratch, 'redoubt-drill');
  writeFileSync(wrapper, `#!/bin/sh\nexec strace -ff -q -s 256 -o ${output} ${built.program} "$@"\n`, {
    mode: 0o700,
  });
  try {
    const run = await startDrill(drill, { ...built, program: wrapper });
    await run.outcome;
    await run.end();
    const files = readdirSync(scratch).filter(name => name.startsWith('trace.'));
    return { tag: run.tag, trace: files.map(name => readFileSync(join(scratch, name), 'utf8')).join('') };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

for (const drill of drills) {
  const patterns = expected[drill.name];
  if (!patterns) continue;
  const skip = !strace ? 'strace is not installed' : drill.needs.includes('root') && !root && 'needs root';
  test(`${drill.name}: strace sees the step`, { skip }, async () => {
    const seen = await trace(drill);
    for (const pattern of patterns)
      assert.ok(
        new RegExp(pattern.source.replaceAll('TAG', seen.tag)).test(seen.trace),
        `strace did not show ${pattern.source}`,
      );
  });
}

test('every drill is verified here, by strace or below', () => {
  const verified = new Set([...Object.keys(expected), 'ptrace']);
  assert.deepEqual(
    drills
      .filter(drill => drill.log === undefined)
      .map(drill => drill.name)
      .filter(name => !verified.has(name)),
    [],
  );
});

/** Whether some process that bears the tag is traced by another. */
function isTraced(tag: string): boolean {
  return readdirSync('/proc').some(pid => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(tag) && /^TracerPid:\t[1-9]/m.test(status);
    } catch {
      return false;
    }
  });
}

test('a log drill writes its lines where it is told, and its guard removes them', async context => {
  const folder = mkdtempSync('/tmp/drill-logs-');
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const drill of drills.filter(one => one.log !== undefined)) {
    const run = await startDrill(drill, built, folder);
    assert.equal(run.directory, join(folder, run.tag));
    const lines = readFileSync(join(run.directory, 'drill.log'), 'utf8').trim().split('\n');
    assert.ok(lines.length > 0 && lines.every(line => line.includes(run.tag)), drill.name);
    assert.equal((await run.outcome).state, 'made');
    await run.end();
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('ptrace: /proc shows the tracer', async () => {
  const drill = drills.find(one => one.name === 'ptrace');
  assert.ok(drill);
  const run = await startDrill(drill, built);
  let ended = false;
  let seen = false;
  void run.outcome.then(() => {
    ended = true;
  });
  while (!ended && !seen) {
    seen = isTraced(run.tag);
    await wait(5);
  }
  await run.end();
  assert.ok(seen);
});

test('wx-memory: /proc shows the page', async () => {
  const drill = drills.find(one => one.name === 'wx-memory');
  assert.ok(drill);
  const step = spawn(
    built.program,
    drill.step({ tag: 'redoubt-drill-test', directory: '', emptyObject: '' }),
  );
  const exited = once(step, 'exit');
  let seen = false;
  while (!seen && step.exitCode === null) {
    seen = /rwxp .* 0 $/m.test(readFileSync(`/proc/${step.pid}/maps`, 'utf8'));
    await wait(5);
  }
  await exited;
  assert.ok(seen);
});
