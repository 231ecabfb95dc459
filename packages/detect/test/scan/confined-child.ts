/** Tells what a confined process may do: only what it tries itself counts. */
import { spawnSync } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

function errorOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

export function serve(): void {
  process.once('message', ({ secret, foreign }: { secret: string; foreign: string }) => {
    process.send?.({
      uid: process.getuid?.(),
      reads: readFileSync(secret, 'utf8'),
      writes: errorOf(() => writeFileSync(secret, 'changed')),
      signals: errorOf(() => process.kill(process.ppid, 0)),
      looks: errorOf(() => openSync(foreign, 'r')),
      becomesRoot: errorOf(() => process.setuid?.(0)),
      handed: readFileSync(4, 'utf8'),
      filter: /^Seccomp:\t(\d)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1],
      newNamespace: spawnSync('unshare', ['--user', 'true']).status,
      interfaces: Object.keys(networkInterfaces()),
    });
  });
}
