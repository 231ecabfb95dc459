/** `./redoubt bench sensor`: what watching costs, beside auditd and bpftrace. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Condition } from './condition/condition.ts';
import { runBenchmark } from './lib/cleanup.ts';
import { language, say } from './lib/language.ts';
import { describeMachine } from './lib/machine.ts';
import { ensurePackages } from './lib/packages.ts';
import { seededRandom } from './lib/pairing.ts';
import { makeWorkplace } from './lib/workplace.ts';
import { measureIdle, measureLatency } from './sensor/agent-alone.ts';
import { measureWorkload } from './sensor/measure.ts';
import { help, readOptions, type SensorOptions } from './sensor/options.ts';
import { renderForTerminal, renderMarkdown } from './sensor/render.ts';
import type { SensorResult } from './sensor/report.ts';

async function able(options: SensorOptions, obstacles: Record<string, string>): Promise<Condition[]> {
  const watchers: Condition[] = [];
  for (const watcher of options.watchers) {
    const obstacle = await watcher.obstacle();
    if (obstacle === undefined) watchers.push(watcher);
    else obstacles[watcher.name] = obstacle;
  }
  return watchers;
}

function write(result: SensorResult, options: SensorOptions): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  for (const [name, tongue] of [
    ['sensor.md', 'en'],
    ['sensor.zh.md', 'zh'],
  ] as const) {
    writeFileSync(join(folder, name), renderMarkdown(result, options.workloads, tongue));
    say(`written: bench/results/${name}`, `已写入 bench/results/${name}`);
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  if (process.getuid?.() !== 0) throw new Error('bench sensor has to run as root');
  const parts = [...options.workloads, ...options.watchers];
  await ensurePackages([...new Set(parts.flatMap(part => part.packages))]);

  const result: SensorResult = {
    machine: describeMachine(),
    repetitions: options.repetitions,
    seed: options.seed,
    series: [],
    obstacles: {},
  };
  const { folder } = makeWorkplace('sensor');
  const random = seededRandom(options.seed);
  const watchers = await able(options, result.obstacles);
  if (watchers.some(watcher => watcher.name === 'redoubt')) {
    result.idle = await measureIdle(options.idleSeconds);
    if (options.workloads.some(workload => workload.name.startsWith('nginx'))) {
      result.loaded = await measureLatency(10);
    }
  }
  for (const workload of options.workloads) {
    const { repetitions, size } = options;
    const pairs = (watcher: Condition) =>
      watcher.name === 'redoubt' ? repetitions.redoubt : repetitions.peers;
    result.series.push(...(await measureWorkload(workload, watchers, pairs, size, random, folder)));
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else process.stdout.write(`${renderForTerminal(result, options.workloads, language)}\n`);
  if (options.write) write(result, options);
  return 0;
}

await runBenchmark(main);
