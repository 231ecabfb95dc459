/** A real agent in this process, on a free port and in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentOptions, defaultOptions, runAgent } from '../../src/agent.ts';

/** An agent and how a test reaches it. */
export interface TestAgent {
  /** Address of the page. */
  base: string;
  token: string;
  options: AgentOptions;
  /** Asks the API with the token. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Asks and parses a 200 answer. */
  get<Answer>(path: string): Promise<Answer>;
  /** Stops the agent and removes its folder. */
  end(): Promise<void>;
}

/** Starts an agent. */
export async function startAgent(changes: Partial<AgentOptions> = {}): Promise<TestAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-agent-'));
  const options: AgentOptions = {
    ...defaultOptions(),
    port: 0,
    socket: join(folder, 'agent.sock'),
    stateDirectory: join(folder, 'state'),
    ...changes,
  };
  const running = await runAgent(options).catch(error => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const { origin, hash } = new URL(running.url);
  const token = hash.replace('#token=', '');
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(origin + path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
  return {
    base: origin,
    token,
    options,
    ask,
    async get<Answer>(path: string) {
      const response = await ask(path);
      const body = await response.text();
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${body}`);
      return JSON.parse(body) as Answer;
    },
    async end() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until `look` gives something; the test runner's own limit ends a wait in vain. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
