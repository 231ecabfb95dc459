/** The agent, started as a user starts it, and asked over its unix socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event, Finding, FindingsPage, Summary } from '../../apps/agent/src/api/contract.ts';
import { onCleanup } from './cleanup.ts';
import { ended, until } from './command.ts';
import { say } from './language.ts';
import { cpuSeconds, processTree } from './process-usage.ts';
import { repository } from './workplace.ts';

/** How long a start may take: the first one compiles the kernel sensor and reads the source anew. */
const firstStartSeconds = 540;
/** Seconds of CPU time in a second below which a start is over, and seconds that this is waited for at most. */
const SETTLED = 0.05;
const PATIENCE = 15;
/**
 * What a start leaves to do, milliseconds: programs that run already are hashed, and each part takes its first look,
 * the last of them, of all memory, two minutes after the start.
 */
const FIRST_LOOKS = 160_000;

/** Where an agent of a benchmark keeps its things. */
export interface AgentPlace {
  state: string;
  socket: string;
  /** File that gets what the agent writes to its terminal. */
  log: string;
}

/** The places of an agent below a folder. */
export function agentPlace(folder: string): AgentPlace {
  return { state: join(folder, 'state'), socket: join(folder, 'agent.sock'), log: join(folder, 'agent.txt') };
}

/** An agent that runs. */
export class Agent {
  /** The launcher's process, which becomes the agent. */
  readonly process: ChildProcess;
  readonly place: AgentPlace;
  readonly #noteStop: () => Promise<void>;

  private constructor(child: ChildProcess, place: AgentPlace) {
    this.process = child;
    this.place = place;
    this.#noteStop = onCleanup(async () => {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await ended(child);
    });
  }

  /**
   * Starts `./redoubt up` on a free port and waits until it answers.
   * @param variables environment variables for the agent beside those of this process
   * @throws Error with the agent's last words if it ends instead
   */
  static async start(place: AgentPlace, variables: Record<string, string> = {}): Promise<Agent> {
    const log = openSync(place.log, 'a');
    const args = ['up', '--port', '0', '--state', place.state, '--socket', place.socket];
    // A process group of its own: Ctrl-C is for the benchmark, which then stops the agent itself.
    const child = spawn(join(repository, 'redoubt'), args, {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, ...variables },
    });
    closeSync(log);
    const agent = new Agent(child, place);
    await until(
      'the agent to answer',
      async () => {
        if (child.exitCode !== null || child.signalCode !== null) {
          const words = readFileSync(place.log, 'utf8').trim().split('\n').slice(-8).join('\n');
          throw new Error(`the agent ended with ${child.exitCode ?? child.signalCode}:\n${words}`);
        }
        return await agent.summary().catch(() => undefined);
      },
      firstStartSeconds,
    );
    return agent;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** `GET` of the agent's API. */
  async get<Answer>(path: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const asked = request({ socketPath: this.place.socket, path, agent: false }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', part => {
        text += part;
      });
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${path} answered ${response.statusCode}: ${text}`));
      });
    });
    asked.on('error', reject).end();
    return promise;
  }

  summary(): Promise<Summary> {
    return this.get<Summary>('/api/summary');
  }

  /** All findings, newest first. */
  async findings(): Promise<Finding[]> {
    const all: Finding[] = [];
    let before = '';
    for (;;) {
      const page = await this.get<FindingsPage>(`/api/findings?limit=500${before}`);
      all.push(...page.items);
      if (page.next === undefined) return all;
      before = `&before=${encodeURIComponent(page.next)}`;
    }
  }

  /** The newest events that a filter selects. */
  async events(where: string, limit = 1000): Promise<Event[]> {
    const query = new URLSearchParams({ where, limit: String(limit) });
    return (await this.get<{ items: Event[] }>(`/api/events?${query}`)).items;
  }

  /**
   * Waits until every event seen so far is either stored or counted as dropped: the stored number has to
   * reach what had been seen at the call.
   */
  async untilStored(): Promise<Summary> {
    await sleep(200); // what is still in the kernel's ring
    const { total } = (await this.summary()).events;
    return await until('the agent to store what it has seen', async () => {
      const summary = await this.summary();
      return summary.events.stored + summary.events.dropped >= total ? summary : undefined;
    });
  }

  /** Waits until the work of starting is over: it is not the work of watching. */
  async untilSettled(): Promise<void> {
    say(
      `${FIRST_LOOKS / 1000} s for what the agent looks at first`,
      `代理首轮检查需 ${FIRST_LOOKS / 1000} 秒`,
    );
    await sleep(FIRST_LOOKS);
    const processes = processTree(this.pid);
    for (let second = 0; second < PATIENCE; second++) {
      const before = cpuSeconds(processes);
      await sleep(1000);
      if (cpuSeconds(processes) - before < SETTLED) return;
    }
  }

  /** Stops the agent as Ctrl-C does and answers its exit status. */
  async stop(): Promise<number> {
    await this.#noteStop();
    return await ended(this.process);
  }

  /** Ends the agent without a chance to tidy up. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await ended(this.process);
    await this.#noteStop();
  }
}
