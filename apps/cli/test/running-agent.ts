/** An agent as a process of its own, for tests of commands that ask one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const main = join(import.meta.dirname, '..', 'src', 'main.ts');

/**
 * Starts an agent with the reduced sensor on a free port and waits until it is up.
 * @param environment says where it keeps its things: REDOUBT_SOCKET and REDOUBT_STATE
 * @returns what ends it
 */
export async function startAgent(
  environment: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<(signal?: NodeJS.Signals) => Promise<void>> {
  const agent = spawn(
    process.execPath,
    [main, 'up', '--port', '0', '--mode', 'reduced', '--json', ...options],
    {
      env: { ...process.env, ...environment, LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const complaints: string[] = [];
  agent.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  const lines = createInterface({ input: agent.stdout });
  await Promise.race([once(lines, 'line'), once(agent, 'exit')]);
  if (agent.exitCode !== null) throw new Error(`the agent did not start: ${complaints.join('')}`);
  return async (signal = 'SIGINT') => {
    if (agent.exitCode !== null || agent.signalCode !== null) return;
    agent.kill(signal);
    await once(agent, 'exit');
  };
}
