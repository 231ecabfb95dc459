/** Redoubt's agent, as `./redoubt up` starts it. */
import { Agent, agentPlace } from '../lib/agent.ts';
import { watchUsage } from '../lib/process-usage.ts';
import { makeWorkplace } from '../lib/workplace.ts';
import type { Condition, Running } from './condition.ts';

async function start(): Promise<Running> {
  const { folder, remove } = makeWorkplace('agent');
  const agent = await Agent.start(agentPlace(folder));
  await agent.untilSettled();
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
