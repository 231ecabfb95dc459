/** Redoubt's agent, as `./redoubt up` starts it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, agentPlace } from '../lib/agent.ts';
import { cpuSeconds, processTree, watchUsage } from '../lib/process-usage.ts';
import { makeWorkplace } from '../lib/workplace.ts';
import type { Condition, Running } from './condition.ts';

/** Share of a core below which a start is over, and seconds that it is waited for at most. */
const SETTLED = 0.05;
const PATIENCE = 15;

/**
 * Waits until the agent has hashed what ran before it and has given back what only its start needed: the work of
 * starting is not the work of watching.
 */
async function untilSettled(pid: number): Promise<void> {
  const processes = processTree(pid);
  for (let second = 0; second < PATIENCE; second++) {
    const before = cpuSeconds(processes);
    await sleep(1000);
    if (cpuSeconds(processes) - before < SETTLED) return;
  }
}

async function start(): Promise<Running> {
  const { folder, remove } = makeWorkplace('agent');
  const agent = await Agent.start(agentPlace(folder));
  await untilSettled(agent.pid);
  return {
    async observe() {
      const before = await agent.untilStored();
      const endUsage = watchUsage(agent.pid);
      return async () => {
        const usage = endUsage();
        const after = await agent.untilStored();
        return {
          usage,
          recorded: after.events.stored - before.events.stored,
          lost: after.events.lost - before.events.lost + (after.events.dropped - before.events.dropped),
          findings: after.findings.open - before.findings.open,
        };
      };
    },
    async stop() {
      await agent.stop();
      await remove();
    },
  };
}

/** Redoubt. */
export const redoubt: Condition = {
  name: 'redoubt',
  packages: [],
  obstacle: async () => undefined,
  start,
};
