/** Runs the command line here. */
import { run } from '../src/run.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the command finds around it: in English, and away from any agent of this host. */
const surroundings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  LANG: 'C.UTF-8',
  REDOUBT_SOCKET: '/nonexistent/agent.sock',
  REDOUBT_STATE: '/nonexistent/state',
  ...environment,
});

/** Runs `redoubt WORDS` as its main module does, in this process: a process of its own takes half a second. */
export async function redoubt(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  const code = await run(words, {
    environment: surroundings(environment),
    results: { write: text => (stdout += text) },
    remarks: { write: text => (stderr += text) },
  });
  return { code, stdout, stderr };
}
