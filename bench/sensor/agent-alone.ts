/** What the agent uses when nothing happens, and how fast it is when a web server is under load. */
import { chmodSync, copyFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Summary } from '../../apps/agent/src/api/contract.ts';
import { Agent, agentPlace } from '../lib/agent.ts';
import { outcome, run } from '../lib/command.ts';
import { say } from '../lib/language.ts';
import { type Usage, watchUsage } from '../lib/process-usage.ts';
import { buildPrograms, makeWorkplace, programs, repository } from '../lib/workplace.ts';
import { loadWebServer, prepareNginx, startNginx } from '../workload/nginx.ts';

/** Latencies under the web server's load, with the number of findings that they rest on. */
export interface LoadedLatency {
  latency: Summary['latency_ms'];
  findings: number;
  recorded: number;
  lost: number;
}

/** The agent alone: what it uses at rest, then how fast it is. */
export interface Alone {
  idle: Usage;
  loaded: LoadedLatency;
}

/** Starts an agent, lets it settle, watches it do nothing, then under load. Both spans are in seconds. */
export async function measureAlone(idleSeconds: number, loadedSeconds: number): Promise<Alone> {
  const { folder, remove } = makeWorkplace('alone');
  const agent = await Agent.start(agentPlace(folder));
  await agent.untilSettled();
  say(`the agent at rest, ${idleSeconds} s`, `空闲代理，${idleSeconds} 秒`);
  const end = watchUsage(agent.pid);
  await sleep(idleSeconds * 1000);
  const idle = end();
  const loaded = await measureLatency(agent, folder, loadedSeconds);
  await agent.stop();
  await remove();
  return { idle, loaded };
}

/**
 * Loads nginx for `seconds`, and meanwhile makes findings: every drill once, so that each rule has its turn, and harmless
 * programs from a folder where programs do not belong, ten a second, each under a name of its own. A rule that makes too
 * many findings is held to one in ten seconds, so these are not as many.
 */
async function measureLatency(agent: Agent, folder: string, seconds: number): Promise<LoadedLatency> {
  say(`event to finding under nginx's load, ${seconds} s`, `nginx 负载下事件到发现的延迟，${seconds} 秒`);
  await buildPrograms();
  const odd = `/dev/shm/redoubt-bench-${process.pid}`;
  await mkdir(odd);
  try {
    const server = await startNginx(folder, await prepareNginx(folder));
    const before = await agent.untilStored();
    const load = loadWebServer(server.port, seconds, true);
    const end = performance.now() + seconds * 1000;
    const drills = outcome(join(repository, 'redoubt'), ['drill', '--all', '--socket', agent.place.socket]);
    for (let i = 0; performance.now() < end; i++) {
      const program = join(odd, `harmless-${i}`);
      copyFileSync(join(programs, 'nothing'), program);
      chmodSync(program, 0o755);
      await run(program, []);
      await sleep(100);
    }
    await load;
    await drills;
    await server.stop();
    const after = await agent.untilStored();
    return {
      latency: after.latency_ms,
      findings: after.findings.open - before.findings.open,
      recorded: after.events.stored - before.events.stored,
      lost: after.events.lost + after.events.dropped - before.events.lost - before.events.dropped,
    };
  } finally {
    await rm(odd, { recursive: true, force: true });
  }
}
