/** Runs the command line, as a child process or here. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { run } from '../src/run.ts';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `redoubt WORDS` to its end, in English and away from any agent of this host. */
export function redoubt(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    LANG: 'C.UTF-8',
    REDOUBT_SOCKET: '/nonexistent/agent.sock',
    REDOUBT_STATE: '/nonexistent/state',
    ...environment,
  };
  return new Promise(resolve => {
    execFile(process.execPath, [main, ...words], { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Runs `redoubt WORDS` in this process, as its main module does: for words that say what is wrong, and for help. */
export async function redoubtHere(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  const code = await run(words, {
    environment: { LANG: 'C.UTF-8', REDOUBT_SOCKET: '/nonexistent/agent.sock', ...environment },
    results: { write: text => (stdout += text) },
    remarks: { write: text => (stderr += text) },
  });
  return { code, stdout, stderr };
}
