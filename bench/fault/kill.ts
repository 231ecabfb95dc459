/** The agent is killed at random moments under load, and started again each time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, agentPlace } from '../lib/agent.ts';
import { say } from '../lib/language.ts';
import type { Random } from '../lib/pairing.ts';
import { checkDatabases, checkHistory, newestBefore, warns } from './check.ts';
import { startLoad } from './load.ts';

/** What the kills showed. */
export interface KillResult {
  kills: number;
  /** For each kill, the milliseconds before it of which nothing was kept. */
  lostMilliseconds: number[];
  /** For each kill, the milliseconds until the next agent answered. */
  restartMilliseconds: number[];
  /** Starts after a kill at which the agent did not say that it had been cut off. */
  silent: number;
  /** Events in the history at the end. */
  events: number;
}

/**
 * Kills the agent `times` times, each after 0.2 to 2.2 s of load.
 * @throws Error if it does not start again, or its recorder is damaged
 */
export async function killUnderLoad(folder: string, times: number, random: Random): Promise<KillResult> {
  const place = agentPlace(folder);
  const result: KillResult = {
    kills: 0,
    lostMilliseconds: [],
    restartMilliseconds: [],
    silent: 0,
    events: 0,
  };
  // The first start compiles what has changed, which under the load would take minutes.
  let agent = await Agent.start(place);
  const stopLoad = await startLoad(folder);
  while (result.kills < times) {
    await sleep(200 + 2000 * random());
    const killedAt = Date.now();
    await agent.kill();
    result.kills++;
    if (result.kills % 10 === 0) say(`${result.kills} kills`, `已强杀 ${result.kills} 次`);
    const begun = performance.now();
    agent = await Agent.start(place);
    result.restartMilliseconds.push(performance.now() - begun);
    if (!warns(await agent.summary(), 'unclean-stop')) result.silent++;
    checkDatabases(place.state);
    result.lostMilliseconds.push(killedAt - (await newestBefore(place.state, killedAt)));
  }
  await stopLoad();
  await agent.untilStored();
  await agent.stop();
  checkDatabases(place.state);
  result.events = await checkHistory(place.state);
  return result;
}
