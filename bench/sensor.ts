/** `./redoubt bench sensor`: what watching costs, beside auditd and bpftrace. */
import { readFileSync } from 'node:fs';
import type { Condition } from './condition/condition.ts';
import { runBenchmark } from './lib/cleanup.ts';
import { language } from './lib/language.ts';
import { describeMachine } from './lib/machine.ts';
import { ensurePackages } from './lib/packages.ts';
import { seededRandom } from './lib/pairing.ts';
import { resultFile, writeResult, writeSections } from './lib/readme.ts';
import { makeWorkplace } from './lib/workplace.ts';
import { measureIdle, measureLatency } from './sensor/agent-alone.ts';
import { measureRounds } from './sensor/measure.ts';
import { help, readOptions, type SensorOptions } from './sensor/options.ts';
import { renderForTerminal, renderMarkdown } from './sensor/render.ts';
import type { SensorResult } from './sensor/report.ts';
import { workloads } from './workload/all.ts';

async function able(options: SensorOptions, obstacles: Record<string, string>): Promise<Condition[]> {
  const watchers: Condition[] = [];
  for (const watcher of options.watchers) {
    const obstacle = await watcher.obstacle();
    if (obstacle === undefined) watchers.push(watcher);
    else obstacles[watcher.name] = obstacle;
  }
  return watchers;
}

function show(result: SensorResult): void {
  writeSections('sensor', {
    en: renderMarkdown(result, workloads, 'en'),
    zh: renderMarkdown(result, workloads, 'zh'),
  });
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  if (options.render) {
    show(JSON.parse(readFileSync(resultFile('sensor'), 'utf8')) as SensorResult);
    return 0;
  }
  if (process.getuid?.() !== 0) throw new Error('bench sensor has to run as root');
  const parts = [...options.workloads, ...options.watchers];
  await ensurePackages([...new Set(parts.flatMap(part => part.packages))]);

  const result: SensorResult = {
    machine: describeMachine(),
    rounds: 0,
    seed: options.seed,
    series: [],
    obstacles: {},
  };
  const { folder } = makeWorkplace('sensor');
  const watchers = await able(options, result.obstacles);
  if (watchers.some(watcher => watcher.name === 'redoubt')) {
    result.idle = await measureIdle(options.idleSeconds);
    if (options.workloads.some(workload => workload.name.startsWith('nginx'))) {
      result.loaded = await measureLatency(10);
    }
  }
  result.series = await measureRounds({
    ...options,
    watchers,
    random: seededRandom(options.seed),
    folder,
  });
  result.rounds = Math.max(0, ...result.series.map(({ watched }) => watched.length));
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else process.stdout.write(`${renderForTerminal(result, options.workloads, language)}\n`);
  if (options.write) {
    writeResult('sensor', result);
    show(result);
  }
  return 0;
}

await runBenchmark(main);
