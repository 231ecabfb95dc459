/** The runs of `bench sensor`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Condition, none, type Witness } from '../condition/condition.ts';
import { say } from '../lib/language.ts';
import { drawOrder, type Random, roundsWithin } from '../lib/pairing.ts';
import type { Prepared, Size, Workload } from '../workload/workload.ts';

/** One run of a workload. */
export interface Run {
  seconds: number;
  operations: number;
  witness: Witness;
}

/** The runs of one workload beside one watcher; `reference[i]` and `watched[i]` are of the same round. */
export interface Series {
  workload: string;
  watcher: string;
  reference: Run[];
  watched: Run[];
}

/** What is measured, and how much of it. */
export interface Plan {
  workloads: readonly Workload[];
  watchers: readonly Condition[];
  size: Size;
  rounds: number;
  /** Seconds that the rounds may take; a round that would end later is not begun. */
  seconds: number;
  random: Random;
  /** An empty folder. */
  folder: string;
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

async function prepare(workload: Workload, { folder, size }: Plan): Promise<Prepared> {
  say(`${workload.name}: preparing`, `${workload.name}：准备中`);
  const own = join(folder, workload.name.replaceAll(/\W+/g, '-'));
  await mkdir(own);
  const prepared = await workload.prepare(own, size);
  await prepared.run(); // warms caches, and is not counted
  return prepared;
}

function tell({ name, operation }: Workload, watcher: string, watched: Run, reference: Run): void {
  const cost = (1e6 * secondsPerOperation(watched)).toFixed(1);
  const ratio = (secondsPerOperation(watched) / secondsPerOperation(reference)).toFixed(3);
  say(
    `  ${name}, ${watcher}: ${cost} µs a ${operation.en}, ${ratio} × without`,
    `  ${name}，${watcher}：每${operation.zh} ${cost} 微秒，为无监测时的 ${ratio} 倍`,
  );
}

/**
 * Runs every workload once a round without a watcher and once beside each, in an order drawn anew.
 * @returns one series for each workload and watcher, as long as rounds came to their end
 */
export async function measureRounds(plan: Plan): Promise<Series[]> {
  const { workloads, watchers, rounds, seconds, random } = plan;
  const work: { workload: Workload; prepared: Prepared; series: Series[] }[] = [];
  for (const workload of workloads) {
    const series = watchers.map(
      ({ name }): Series => ({ workload: workload.name, watcher: name, reference: [], watched: [] }),
    );
    work.push({ workload, prepared: await prepare(workload, plan), series });
  }
  for (const round of roundsWithin(rounds, seconds)) {
    say(`round ${round + 1} of ${rounds}`, `第 ${round + 1} 轮，共 ${rounds} 轮`);
    for (const { workload, prepared, series } of work) {
      const runs = new Map<Condition, Run>();
      for (const condition of drawOrder([none, ...watchers], random)) {
        runs.set(condition, await oneRun(condition, prepared));
      }
      const reference = runs.get(none);
      for (const [index, watcher] of watchers.entries()) {
        const watched = runs.get(watcher);
        if (reference === undefined || watched === undefined) continue;
        series[index]?.reference.push(reference);
        series[index]?.watched.push(watched);
        tell(workload, watcher.name, watched, reference);
      }
    }
  }
  const done = work[0]?.series[0]?.watched.length ?? 0;
  if (done < rounds) say(`the time was over after ${done} rounds`, `时间已到，完成 ${done} 轮`);
  return work.flatMap(({ series }) => series);
}
