/** Builds and starts the odd programs. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What the odd program can do. */
export type Oddity = 'clean' | 'map' | 'memfd' | 'gone' | 'patch' | 'hook';

/** A folder with the program in it; outside /tmp, as what lies there is odd by itself. */
export function buildOdd(): {
  start(what: Oddity, environment?: NodeJS.ProcessEnv): Promise<ChildProcess>;
  clean(): void;
} {
  const folder = mkdtempSync('/var/lib/redoubt-memory-');
  const program = join(folder, 'odd');
  execFileSync('gcc', [
    '-O1',
    '-fno-plt',
    '-Wl,-z,lazy',
    '-o',
    program,
    join(import.meta.dirname, 'programs/odd.c'),
  ]);
  const children: ChildProcess[] = [];
  return {
    async start(what, environment = {}) {
      const own = join(folder, `odd-${what}-${children.length}`);
      copyFileSync(program, own);
      const child = spawn(own, [what], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, ...environment },
      });
      children.push(child);
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', code => reject(new Error(`odd ${what} ended with ${code}`)));
        child.stdout?.once('data', () => resolve());
      });
      return child;
    },
    clean() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
