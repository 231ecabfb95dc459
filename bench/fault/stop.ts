/** The agent is stopped (SIGSTOP) for a while under load, and goes on: what it could not take has to be counted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, agentPlace } from '../lib/agent.ts';
import { type AccountLine, isExact, lossesBetween } from '../storm/account.ts';
import { Storm } from '../storm/storm.ts';

/** The account of the load that ran meanwhile. */
export interface StopResult {
  exact: boolean;
  lines: AccountLine[];
  dropped: number;
}

/** Amounts of work a second that keep the machine busy for longer than that second. */
const PROCESSES = 3000;
const CYCLES = 50_000;

/** Stops the agent for at least `seconds` while a storm goes on, then settles the account. */
export async function stopUnderLoad(folder: string, seconds: number): Promise<StopResult> {
  const place = agentPlace(folder);
  const storm = await Storm.make(folder);
  const agent = await Agent.start(place);
  const before = await agent.untilStored();
  const work = Promise.all([storm.processes(PROCESSES * seconds), storm.files(CYCLES * seconds)]);
  await sleep(500); // the storm's own start is recorded, so that its events can be told
  agent.process.kill('SIGSTOP');
  await Promise.all([work, sleep(seconds * 1000)]);
  agent.process.kill('SIGCONT');
  await sleep(1000);
  const after = await agent.untilStored();
  await agent.stop();
  const losses = lossesBetween(before, after);
  const lines = await storm.account(place.state, losses);
  return { exact: isExact(lines, losses), lines, dropped: losses.dropped };
}
