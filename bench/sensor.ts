/** `./redoubt bench sensor`: what watching costs, beside auditd and bpftrace. */
import type { Condition } from './condition/condition.ts';
import { describeMachine } from './lib/machine.ts';
import { ensurePackages } from './lib/packages.ts';
import { seededRandom } from './lib/pairing.ts';
import { runProgram } from './lib/program.ts';
import { makeWorkplace } from './lib/workplace.ts';
import { measureAlone } from './sensor/agent-alone.ts';
import { measureKernelPart } from './sensor/kernel-part.ts';
import { measureRounds } from './sensor/measure.ts';
import { help, options, orderOf, type SensorOrder } from './sensor/options.ts';
import { renderForTerminal, renderMarkdown } from './sensor/render.ts';
import type { SensorResult } from './sensor/report.ts';

async function able(order: SensorOrder, obstacles: Record<string, string>): Promise<Condition[]> {
  const watchers: Condition[] = [];
  for (const watcher of order.watchers) {
    const obstacle = await watcher.obstacle();
    if (obstacle === undefined) watchers.push(watcher);
    else obstacles[watcher.name] = obstacle;
  }
  return watchers;
}

async function measureSensor(order: SensorOrder): Promise<SensorResult> {
  if (process.getuid?.() !== 0) throw new Error('bench sensor has to run as root');
  const parts = [...order.workloads, ...order.watchers];
  await ensurePackages([...new Set(parts.flatMap(part => part.packages))]);

  const result: SensorResult = {
    machine: describeMachine(),
    rounds: 0,
    passes: order.passes,
    seed: order.seed,
    series: [],
    obstacles: {},
  };
  const { folder } = makeWorkplace('sensor');
  const watchers = await able(order, result.obstacles);
  if (watchers.some(watcher => watcher.name === 'redoubt')) {
    if (order.pairs > 0) result.kernelPart = await measureKernelPart(order.pairs);
    Object.assign(result, await measureAlone(order.idleSeconds, order.latencySeconds));
  }
  result.series = await measureRounds({ ...order, watchers, random: seededRandom(order.seed), folder });
  result.rounds = Math.max(0, ...result.series.map(({ watched }) => watched.length)) / order.passes;
  return result;
}

await runProgram({
  name: 'sensor',
  help,
  options,
  measure: values => measureSensor(orderOf(values)),
  terminal: renderForTerminal,
  markdown: renderMarkdown,
});
