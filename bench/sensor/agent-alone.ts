/** What the agent uses when nothing happens, and how fast it is when a web server is under load. */
import { chmodSync, copyFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Summary } from '../../apps/agent/src/api/contract.ts';
import { Agent, agentPlace } from '../lib/agent.ts';
import { run } from '../lib/command.ts';
import { say } from '../lib/language.ts';
import { type Usage, watchUsage } from '../lib/process-usage.ts';
import { buildPrograms, makeWorkplace, programs } from '../lib/workplace.ts';
import { loadWebServer, prepareNginx, startNginx } from '../workload/nginx.ts';

/** Latencies under the web server's load, with the number of findings that they rest on. */
export interface LoadedLatency {
  latency: Summary['latency_ms'];
  findings: number;
  recorded: number;
  lost: number;
}

/**
 * What a start leaves to do, milliseconds: programs that run already are hashed, and each part takes its first look,
 * the last of them, of all memory, two minutes after the start.
 */
const SETTLING = 160_000;

/** Watches the agent for `seconds` while the benchmark does nothing. */
export async function measureIdle(seconds: number): Promise<Usage> {
  say(
    `the agent at rest, ${seconds} s, after its first looks of two and a half minutes`,
    `空闲代理，${seconds} 秒（先等待启动后两分半钟的首轮检查）`,
  );
  const { folder, remove } = makeWorkplace('idle');
  const agent = await Agent.start(agentPlace(folder));
  await sleep(SETTLING); // what a start leaves to do
  const end = watchUsage(agent.pid);
  await sleep(seconds * 1000);
  const usage = end();
  await agent.stop();
  await remove();
  return usage;
}

/**
 * Loads nginx for `seconds`, and meanwhile runs harmless programs from a folder where programs do not belong,
 * ten a second, each under a name of its own so that each is a finding of its own.
 */
export async function measureLatency(seconds: number): Promise<LoadedLatency> {
  say(`event to finding under nginx's load, ${seconds} s`, `nginx 负载下事件到发现的延迟，${seconds} 秒`);
  await buildPrograms();
  const { folder, remove } = makeWorkplace('latency');
  const odd = `/dev/shm/redoubt-bench-${process.pid}`;
  await mkdir(odd);
  try {
    const port = await prepareNginx(folder);
    const agent = await Agent.start(agentPlace(folder));
    await agent.untilSettled();
    const server = await startNginx(folder, port);
    const load = loadWebServer(port, seconds, true);
    const end = performance.now() + seconds * 1000;
    for (let i = 0; performance.now() < end; i++) {
      const program = join(odd, `harmless-${i}`);
      copyFileSync(join(programs, 'nothing'), program);
      chmodSync(program, 0o755);
      await run(program, []);
      await sleep(100);
    }
    await load;
    await server.stop();
    const { latency_ms, findings, events } = await agent.untilStored();
    await agent.stop();
    await remove();
    return {
      latency: latency_ms,
      findings: findings.open,
      recorded: events.stored,
      lost: events.lost + events.dropped,
    };
  } finally {
    await rm(odd, { recursive: true, force: true });
  }
}
