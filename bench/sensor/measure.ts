/** The runs of `bench sensor`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Condition, none, type Witness } from '../condition/condition.ts';
import { say } from '../lib/language.ts';
import { drawOrder, type Random, roundsWithin } from '../lib/pairing.ts';
import { median, pairRatios } from '../lib/statistics.ts';
import type { Prepared, Size, Workload } from '../workload/workload.ts';

/** One run of a workload. */
export interface Run {
  seconds: number;
  operations: number;
  witness: Witness;
}

/** The runs of one workload beside one watcher; `reference[i]` and `watched[i]` are of the same round and pass. */
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
  /** Counted runs of each workload in a visit to a watcher. */
  passes: number;
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

/**
 * One watcher, or none, from its start to its end: all workloads in turn, once uncounted, then as often as pairs are
 * wanted. A watcher that runs for months is measured here, not its first seconds.
 * @returns the counted runs, by workload
 */
async function visit(condition: Condition, work: readonly Work[], passes: number): Promise<Map<Work, Run[]>> {
  const runs = new Map<Work, Run[]>(work.map(one => [one, []]));
  const watcher = await condition.start();
  try {
    for (let pass = 0; pass <= passes; pass++) {
      for (const one of work) {
        const end = await watcher.observe();
        const { seconds, operations } = await one.prepared.run();
        const witness = await end();
        if (pass > 0) runs.get(one)?.push({ seconds, operations, witness });
      }
    }
  } finally {
    await watcher.stop();
  }
  return runs;
}

interface Work {
  workload: Workload;
  prepared: Prepared;
  /** By watcher, in the plan's order. */
  series: Series[];
}

async function prepare(workload: Workload, { folder, size, watchers }: Plan): Promise<Work> {
  say(`${workload.name}: preparing`, `${workload.name}：准备中`);
  const own = join(folder, workload.name.replaceAll(/\W+/g, '-'));
  await mkdir(own);
  const series = watchers.map(
    ({ name }): Series => ({ workload: workload.name, watcher: name, reference: [], watched: [] }),
  );
  return { workload, prepared: await workload.prepare(own, size), series };
}

function tell({ name, operation }: Workload, series: Series): void {
  const cost = (1e6 * median(series.watched.map(secondsPerOperation))).toFixed(1);
  const ratio = costRatio(series).toFixed(3);
  say(
    `  ${name}, ${series.watcher}: ${cost} µs a ${operation.en}, ${ratio} × without`,
    `  ${name}，${series.watcher}：每${operation.zh} ${cost} 微秒，为无监测时的 ${ratio} 倍`,
  );
}

/** The median of the ratios of a series' pairs, watched to unwatched: 1.02 is 2 % slower. */
export function costRatio({ reference, watched }: Series): number {
  return median(pairRatios(reference.map(secondsPerOperation), watched.map(secondsPerOperation)));
}

/**
 * Visits every watcher, and none, once a round, in an order drawn anew.
 * @returns one series for each workload and watcher, as long as rounds came to their end
 */
export async function measureRounds(plan: Plan): Promise<Series[]> {
  const { watchers, rounds, passes, seconds, random } = plan;
  const work: Work[] = [];
  for (const workload of plan.workloads) work.push(await prepare(workload, plan));
  let done = 0;
  for (const round of roundsWithin(rounds, seconds)) {
    const visits = new Map<Condition, Map<Work, Run[]>>();
    for (const condition of drawOrder([none, ...watchers], random)) {
      say(
        `round ${round + 1} of ${rounds}, watched by ${condition.name}`,
        `第 ${round + 1}/${rounds} 轮，监测：${condition.name}`,
      );
      visits.set(condition, await visit(condition, work, passes));
    }
    for (const one of work) {
      for (const [index, series] of one.series.entries()) {
        series.reference.push(...(visits.get(none)?.get(one) ?? []));
        series.watched.push(...(visits.get(watchers[index] ?? none)?.get(one) ?? []));
        tell(one.workload, series);
      }
    }
    done++;
  }
  if (done < rounds) say(`the time was over after ${done} rounds`, `时间已到，完成 ${done} 轮`);
  return work.flatMap(({ series }) => series);
}
