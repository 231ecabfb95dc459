/** What `bench sensor` can be told. */
import { auditd } from '../condition/auditd.ts';
import { bpftrace } from '../condition/bpftrace.ts';
import type { Condition } from '../condition/condition.ts';
import { redoubt } from '../condition/redoubt.ts';
import type { Text } from '../lib/language.ts';
import { positiveNumber, type Values, wholeNumber } from '../lib/program.ts';
import { workloads } from '../workload/all.ts';
import type { Size, Workload } from '../workload/workload.ts';

/** Help, in both languages. */
export const help: Text = {
  en: `redoubt bench sensor: what watching costs, beside auditd and bpftrace.

In each round every watcher, and none, is started once, in an order drawn anew. It gets its time to settle and one
uncounted pass over all workloads; the passes after that are counted, and paired with those without a watcher.
Run as root, on a machine that does nothing else. It starts services of its own in folders of its own.

  --rounds N        rounds (default 2)
  --passes N        counted passes in a round (default 2)
  --minutes N       begins no round that would end later than this (default 30; rest, latency and the part in the kernel take 7 more)
  --seconds N       length of the runs of nginx and PostgreSQL (default 3)
  --scale X         factor on the amounts of the other workloads (default 1)
  --workloads A,B   only workloads whose names contain one of these words
  --watchers A,B    of redoubt, auditd, bpftrace (default: all that run here)
  --idle N          seconds for which the idle agent is watched (default 30)
  --latency N       seconds for which nginx is loaded to see how fast findings come (default 40)
  --pairs N         runs with the part in the kernel alone, between runs without (default 24; 0: none)
  --seed N          seed of the order of runs
`,
  zh: `redoubt bench sensor：监测的开销，与 auditd、bpftrace 对比。

每一轮中，每种监测（以及无监测）各启动一次，顺序随机。先留出稳定时间，并把全部负载不计数地运行一遍；
其后各遍计数，并与无监测时的结果成对比较。
请以 root 在没有其他任务的机器上运行。所需服务在自己的目录中另行启动。

  --rounds N        轮数（默认 2）
  --passes N        每轮计数的遍数（默认 2）
  --minutes N       预计超过此时间的轮次不再开始（默认 30；空闲、延迟与内核部分的测量另需约 7 分钟）
  --seconds N       nginx 与 PostgreSQL 每次运行的秒数（默认 3）
  --scale X         其余负载工作量的倍数（默认 1）
  --workloads A,B   只运行名称中含有这些词的负载
  --watchers A,B    redoubt、auditd、bpftrace 中的若干（默认：本机能运行的全部）
  --idle N          观察空闲代理的秒数（默认 30）
  --latency N       在 nginx 负载下测量发现延迟的秒数（默认 40）
  --pairs N         只挂载内核部分的运行次数，与未挂载的运行交替（默认 24；0 表示不测）
  --seed N          运行顺序的随机种子
`,
};

/** The options of the command line. */
export const options = {
  rounds: { type: 'string', default: '2' },
  passes: { type: 'string', default: '2' },
  minutes: { type: 'string', default: '30' },
  seconds: { type: 'string', default: '3' },
  scale: { type: 'string', default: '1' },
  idle: { type: 'string', default: '30' },
  latency: { type: 'string', default: '40' },
  pairs: { type: 'string', default: '24' },
  seed: { type: 'string', default: '1' },
  workloads: { type: 'string' },
  watchers: { type: 'string' },
} as const;

/** What a benchmark is to do. */
export interface SensorOrder {
  rounds: number;
  passes: number;
  /** Seconds after which no round is begun. */
  seconds: number;
  size: Size;
  idleSeconds: number;
  latencySeconds: number;
  /** Runs with the part in the kernel alone. */
  pairs: number;
  seed: number;
  workloads: readonly Workload[];
  watchers: readonly Condition[];
}

const watchers: readonly Condition[] = [redoubt, auditd, bpftrace];

function select<T extends { name: string }>(what: string, all: readonly T[], words: string | undefined): T[] {
  if (words === undefined) return [...all];
  const wanted = words.split(',');
  const chosen = all.filter(({ name }) => wanted.some(word => name.includes(word)));
  if (chosen.length === 0) {
    throw new Error(`--${what} ${words}: there are ${all.map(({ name }) => `"${name}"`).join(', ')}`);
  }
  return chosen;
}

/** What the options ask for. @throws Error naming the option that is wrong */
export function orderOf(values: Values<typeof options>): SensorOrder {
  return {
    rounds: wholeNumber('rounds', values.rounds),
    passes: wholeNumber('passes', values.passes),
    seconds: 60 * positiveNumber('minutes', values.minutes),
    size: {
      seconds: wholeNumber('seconds', values.seconds),
      scale: positiveNumber('scale', values.scale),
    },
    idleSeconds: positiveNumber('idle', values.idle),
    latencySeconds: positiveNumber('latency', values.latency),
    pairs: wholeNumber('pairs', values.pairs, 0),
    seed: wholeNumber('seed', values.seed),
    workloads: select('workloads', workloads, values.workloads),
    watchers: select('watchers', watchers, values.watchers),
  };
}
