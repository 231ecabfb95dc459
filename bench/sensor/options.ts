/** What `bench sensor` can be told. */
import { parseArgs } from 'node:util';
import { auditd } from '../condition/auditd.ts';
import { bpftrace } from '../condition/bpftrace.ts';
import type { Condition } from '../condition/condition.ts';
import { redoubt } from '../condition/redoubt.ts';
import type { Text } from '../lib/language.ts';
import { workloads } from '../workload/all.ts';
import type { Size, Workload } from '../workload/workload.ts';

/** Help, in both languages. */
export const help: Text = {
  en: `redoubt bench sensor: what watching costs, beside auditd and bpftrace.

Every run under a watcher is paired with a run without one, in an order drawn anew for each pair.

  --repetitions N   pairs for each workload with redoubt (default 5)
  --peers N         pairs for each workload with auditd and with bpftrace (default 3)
  --seconds N       length of the runs of nginx and PostgreSQL (default 3)
  --scale X         factor on the amounts of the other workloads (default 1)
  --workloads A,B   only workloads whose names contain one of these words
  --watchers A,B    of redoubt, auditd, bpftrace (default: all that run here)
  --idle N          seconds for which the idle agent is watched (default 30)
  --seed N          seed of the order of runs
  --json            all measurements as JSON on standard output
  --write           puts the tables into bench/results/
Run as root, on a machine that does nothing else. It starts services of its own in folders of its own.
`,
  zh: `redoubt bench sensor：监测的开销，与 auditd、bpftrace 对比。

每次有监测的运行都与一次无监测的运行配对，两者先后顺序每次随机。

  --repetitions N   每种负载在 redoubt 下的配对次数（默认 5）
  --peers N         每种负载在 auditd 与 bpftrace 下的配对次数（默认 3）
  --seconds N       nginx 与 PostgreSQL 每次运行的秒数（默认 3）
  --scale X         其余负载工作量的倍数（默认 1）
  --workloads A,B   只运行名称中含有这些词的负载
  --watchers A,B    redoubt、auditd、bpftrace 中的若干（默认：本机能运行的全部）
  --idle N          观察空闲代理的秒数（默认 30）
  --seed N          运行顺序的随机种子
  --json            在标准输出以 JSON 给出全部测量值
  --write           把表格写入 bench/results/
请以 root 在没有其他任务的机器上运行。所需服务在自己的目录中另行启动。
`,
};

/** Options of one benchmark. */
export interface SensorOptions {
  /** Pairs for each workload with Redoubt, and with each of its peers. */
  repetitions: { redoubt: number; peers: number };
  size: Size;
  idleSeconds: number;
  seed: number;
  workloads: readonly Workload[];
  watchers: readonly Condition[];
  json: boolean;
  write: boolean;
  help: boolean;
}

const watchers: readonly Condition[] = [redoubt, auditd, bpftrace];

function positive(name: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (!(value > 0) || (whole && !Number.isInteger(value))) {
    throw new Error(`--${name}: ${text} is not a positive ${whole ? 'whole ' : ''}number`);
  }
  return value;
}

function select<T extends { name: string }>(what: string, all: readonly T[], words: string | undefined): T[] {
  if (words === undefined) return [...all];
  const wanted = words.split(',');
  const chosen = all.filter(({ name }) => wanted.some(word => name.includes(word)));
  if (chosen.length === 0) {
    throw new Error(`--${what} ${words}: there are ${all.map(({ name }) => `"${name}"`).join(', ')}`);
  }
  return chosen;
}

/** Reads the command line. @throws Error naming the option that is wrong */
export function readOptions(args: readonly string[]): SensorOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      repetitions: { type: 'string', default: '5' },
      peers: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      idle: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      workloads: { type: 'string' },
      watchers: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    repetitions: {
      redoubt: positive('repetitions', values.repetitions, true),
      peers: positive('peers', values.peers, true),
    },
    size: {
      seconds: positive('seconds', values.seconds, true),
      scale: positive('scale', values.scale, false),
    },
    idleSeconds: positive('idle', values.idle, false),
    seed: positive('seed', values.seed, true),
    workloads: select('workloads', workloads, values.workloads),
    watchers: select('watchers', watchers, values.watchers),
    json: values.json,
    write: values.write,
    help: values.help,
  };
}
