/** Control groups and processes of a test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Where groups that can be frozen may be made here. */
export const groupRoot = ['/sys/fs/cgroup/freezer', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find(one =>
  existsSync(join(one, 'cgroup.procs')),
);

/** Makes a group; gone with the test, thawed and emptied. */
export function madeGroup(context: TestContext, root: string, name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  context.after(async () => {
    for (const [file, text] of [
      ['freezer.state', 'THAWED'],
      ['cgroup.freeze', '0'],
    ] as const)
      if (existsSync(join(folder, file))) writeFileSync(join(folder, file), text);
    for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
      process.kill(Number(pid), 'SIGKILL');
    while (readFileSync(join(folder, 'cgroup.procs'), 'utf8') !== '')
      await new Promise(done => setTimeout(done, 10));
    rmdirSync(folder);
  });
  return folder;
}

/** A process that sleeps, perhaps in a group. */
export function sleeper(context: TestContext, group?: string): ChildProcess {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  context.after(() => child.kill('SIGKILL'));
  if (group !== undefined) writeFileSync(join(group, 'cgroup.procs'), String(child.pid));
  return child;
}

/** `frozen` or not, as the kernel says. */
export function isFrozenGroup(folder: string): boolean {
  const old = join(folder, 'freezer.state');
  if (existsSync(old)) return readFileSync(old, 'utf8').trim() === 'FROZEN';
  return readFileSync(join(folder, 'cgroup.events'), 'utf8').includes('frozen 1');
}
