/** The runs of `bench sensor`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Condition, none, type Witness } from '../condition/condition.ts';
import { language, say } from '../lib/language.ts';
import { planPairs, type Random, runPairs } from '../lib/pairing.ts';
import type { Prepared, Size, Workload } from '../workload/workload.ts';

/** One run of a workload. */
export interface Run {
  seconds: number;
  operations: number;
  witness: Witness;
}

/** The runs of one workload beside one watcher; `reference[i]` and `watched[i]` are a pair. */
export interface Series {
  workload: string;
  watcher: string;
  reference: Run[];
  watched: Run[];
}

/** Seconds that a run took for one operation. */
export function secondsPerOperation(run: Run): number {
  return run.seconds / run.operations;
}

async function oneRun(condition: Condition, prepared: Prepared): Promise<Run> {
  const watcher = await condition.start();
  try {
    const end = await watcher.observe();
    const work = await prepared.run();
    return { ...work, witness: await end() };
  } finally {
    await watcher.stop();
  }
}

/** Runs one workload beside every watcher, `repetitions` pairs with each. */
export async function measureWorkload(
  workload: Workload,
  watchers: readonly Condition[],
  repetitions: (watcher: Condition) => number,
  size: Size,
  random: Random,
  folder: string,
): Promise<Series[]> {
  say(`${workload.name}: preparing`, `${workload.name}：准备中`);
  const own = join(folder, workload.name.replaceAll(/\W+/g, '-'));
  await mkdir(own);
  const prepared = await workload.prepare(own, size);
  await prepared.run(); // warms caches, and is not counted
  const series = watchers.map(
    ({ name }): Series => ({ workload: workload.name, watcher: name, reference: [], watched: [] }),
  );
  const plan = planPairs(watchers, repetitions, random);
  let done = 0;
  for await (const pair of runPairs(plan, none, condition => oneRun(condition, prepared))) {
    const place = series[watchers.indexOf(pair.condition)];
    place?.reference.push(pair.reference);
    place?.watched.push(pair.changed);
    const ratio = secondsPerOperation(pair.changed) / secondsPerOperation(pair.reference);
    const [unit, count] = [workload.operation[language], `${++done}/${plan.length}`];
    const cost = (1e6 * secondsPerOperation(pair.changed)).toFixed(1);
    say(
      `  ${count} ${pair.condition.name}: ${cost} µs a ${unit}, ${ratio.toFixed(3)} × without`,
      `  ${count} ${pair.condition.name}：每${unit} ${cost} 微秒，为无监测时的 ${ratio.toFixed(3)} 倍`,
    );
  }
  return series;
}
