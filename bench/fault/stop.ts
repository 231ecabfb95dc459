/** The agent is stopped (SIGSTOP) for a while under load, and goes on: what it could not take has to be counted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, agentPlace } from '../lib/agent.ts';
import { type AccountLine, isExact, lossesBetween, Storm } from '../storm/account.ts';

/** The account of the load that ran meanwhile. */
export interface StopResult {
  exact: boolean;
  lines: AccountLine[];
  dropped: number;
}

/** Stops the agent for at least `seconds` while a storm goes on, then settles the account. */
export async function stopUnderLoad(folder: string, seconds: number): Promise<StopResult> {
  const place = agentPlace(folder);
  const storm = await Storm.make(folder);
  const agent = await Agent.start(place);
  const before = await agent.untilStored();
  agent.process.kill('SIGSTOP');
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) await Promise.all([storm.processes(500), storm.files(10_000)]);
  agent.process.kill('SIGCONT');
  await sleep(1000);
  const after = await agent.untilStored();
  await agent.stop();
  const losses = lossesBetween(before, after);
  const lines = await storm.account(place.state, losses);
  return { exact: isExact(lines, losses), lines, dropped: losses.dropped };
}
