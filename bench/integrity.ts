/** `./redoubt bench integrity`: golden states of files beside AIDE and beside plain hashing. */
import { type Latency, measureAgent, measureFanotify, type Overflow } from './integrity/latency.ts';
import { type IntegrityResult, measureIntegrity } from './integrity/measure.ts';
import { type MemoryResult, measureMemory, type Pauses } from './integrity/memory.ts';
import type { Cost } from './integrity/program.ts';
import type { Language } from './lib/language.ts';
import { runProgram, wholeNumber } from './lib/program.ts';
import { median, pairRatios, percentile } from './lib/statistics.ts';
import { markdownTable, type Table, terminalTable } from './lib/table.ts';

const help = {
  en: `redoubt bench integrity: golden states of files beside AIDE and beside sha256sum on every CPU; changes told as they happen; the memory of processes.

  --tree DIR        what is collected (default: /usr)
  --rounds N        rounds of each (default: 2)
  --million         also a tree of 1,000,000 files
  --live            only changes as they happen
  --memory          only the memory of processes: what a check takes, and whom it holds up
`,
  zh: `redoubt bench integrity：文件黄金状态与 AIDE、与在所有 CPU 上运行的 sha256sum 对比；实时发现变更的延迟；进程内存检查。

  --tree 目录       采集的目录（默认 /usr）
  --rounds N        每项执行的轮数（默认 2）
  --million         另测一百万个文件的目录树
  --live            只测实时变更
  --memory          只测进程内存检查：用时，以及对进程的停顿
`,
};

const texts = {
  en: {
    head: ['files', 'wall', 'CPU', 'memory', 'wall beside hashing alone'],
    hashing: 'find | xargs sha256sum (hashing alone)',
    aide: 'aide --init',
    full: 'redoubt baseline create',
    check: 'redoubt baseline check, unchanged',
    of: (files: number, name: string) => `${name}, ${files.toLocaleString('en')} small files`,
    share: (share: number) => `${(share * 100).toFixed(1)} % of a full one`,
    live: ['change to finding, while files change elsewhere', 'median', 'p99', 'missed', 'elsewhere'],
    sources: { agent: 'the agent, sensor in the kernel', fanotify: 'baseline watch, fanotify' },
    rate: (rate: number) => `${Math.round(rate).toLocaleString('en')} files/s`,
    overflow: ({ changed, found, isNoticed }: Overflow) =>
      `Overflow of the queue: ${isNoticed ? 'noticed' : 'NOT noticed'}; the check afterwards found ${found} of ${changed} changes.`,
    memory: ['memory check of the whole machine', 'processes', 'time', 'found on clean services'],
    none: 'nothing',
    pauses: ['longest pause of a busy process', 'median of rounds', 'longest', '10 ms or more'],
    alone: 'without a check',
    beside: 'while checks run',
    control: 'while a program works that looks at no other',
  },
  zh: {
    head: ['文件', '用时', 'CPU', '内存', '相对单纯哈希的用时'],
    hashing: 'find | xargs sha256sum（单纯哈希）',
    aide: 'aide --init',
    full: 'redoubt baseline create',
    check: 'redoubt baseline check（未变化）',
    of: (files: number, name: string) => `${name}，${files.toLocaleString('en')} 个小文件`,
    share: (share: number) => `完整采集的 ${(share * 100).toFixed(1)} %`,
    live: ['从变更到发现（同时其他位置的文件在变化）', '中位数', 'p99', '遗漏', '其他位置'],
    sources: { agent: '代理，内核传感器', fanotify: 'baseline watch，fanotify' },
    rate: (rate: number) => `每秒 ${Math.round(rate)} 个文件`,
    overflow: ({ changed, found, isNoticed }: Overflow) =>
      `队列溢出：${isNoticed ? '已察觉' : '未察觉'}；随后的检查发现 ${changed} 处变更中的 ${found} 处。`,
    memory: ['全机内存检查', '进程数', '用时', '正常服务上的发现'],
    none: '无',
    pauses: ['繁忙进程的最长停顿', '各轮中位数', '最长', '10 ms 及以上'],
    alone: '无检查时',
    beside: '检查运行时',
    control: '仅处理自身内存的程序运行时',
  },
};

const middle = (costs: readonly Cost[], of: keyof Cost): number => median(costs.map(cost => cost[of]));

function tableOf(result: IntegrityResult, spoken: Language): Table {
  const text = texts[spoken];
  const walls = (costs: readonly Cost[]): number[] => costs.map(cost => cost.wall);
  const row = (name: string, costs: readonly Cost[], note: string, withMemory = true): string[] => [
    name,
    `${middle(costs, 'wall').toFixed(2)} s`,
    `${middle(costs, 'cpu').toFixed(2)} s`,
    withMemory ? `${Math.round(middle(costs, 'memory') / 2 ** 20)} MiB` : '',
    note,
  ];
  const beside = (costs: readonly Cost[]): string =>
    `${median(pairRatios(walls(result.hashing), walls(costs))).toFixed(2)} ×`;
  const share = median(pairRatios(walls(result.full), walls(result.check)));
  return {
    head: [`${text.head[0]}: ${result.tree}`, ...text.head.slice(1)],
    align: ['left', 'right', 'right', 'right', 'right'],
    rows: [
      row(text.hashing, result.hashing, '1 ×', false),
      row(text.aide, result.aide, beside(result.aide)),
      row(text.full, result.full, beside(result.full)),
      row(text.check, result.check, text.share(share)),
      ...result.sizes.flatMap(({ files, full, check }) => [
        row(text.of(files, text.full), [full], ''),
        row(text.of(files, text.check), [check], text.share(check.wall / full.wall)),
      ]),
    ],
  };
}

/** What was measured of changes as they happen. */
interface Live {
  latencies: Latency[];
  overflow: Overflow;
}

function liveTable({ latencies }: Live, spoken: Language): Table {
  const text = texts[spoken];
  return {
    head: text.live,
    align: ['left', 'right', 'right', 'right', 'right'],
    rows: latencies.map(({ source, milliseconds, missed, elsewhere }) => [
      text.sources[source],
      `${median(milliseconds).toFixed(0)} ms`,
      `${percentile(milliseconds, 0.99).toFixed(0)} ms`,
      String(missed),
      text.rate(elsewhere),
    ]),
  };
}

async function measureLive(): Promise<Live> {
  const agent = await measureAgent();
  const { latency, overflow } = await measureFanotify();
  return { latencies: [agent, latency], overflow };
}

function memoryTold(memory: MemoryResult, spoken: Language, render: (table: Table) => string): string[] {
  const text = texts[spoken];
  const pauses = (name: string, { longest, long }: Pauses): string[] => [
    name,
    `${median(longest).toFixed(1)} ms`,
    `${Math.max(...longest).toFixed(1)} ms`,
    String(long),
  ];
  return [
    render({
      head: text.memory,
      align: ['left', 'right', 'right', 'left'],
      rows: [
        [
          'redoubt memory check',
          String(memory.processes),
          `${median(memory.seconds).toFixed(1)} s`,
          memory.found.join(', ') || text.none,
        ],
      ],
    }),
    render({
      head: text.pauses,
      align: ['left', 'right', 'right', 'right'],
      rows: [
        pauses(text.alone, memory.alone),
        pauses(text.control, memory.control),
        pauses(text.beside, memory.beside),
      ],
    }),
  ];
}

/** A whole run, or a part of it. */
interface Result extends Partial<IntegrityResult> {
  live?: Live;
  memory?: MemoryResult;
}

const isWhole = (result: Result): result is Result & IntegrityResult => 'tree' in result;

const liveTold = (live: Live, spoken: Language, render: (table: Table) => string): string[] => [
  render(liveTable(live, spoken)),
  texts[spoken].overflow(live.overflow),
];

const told = (result: Result, spoken: Language, render: (table: Table) => string): string =>
  [
    ...(isWhole(result) ? [render(tableOf(result, spoken))] : []),
    ...(result.live === undefined ? [] : liveTold(result.live, spoken, render)),
    ...(result.memory === undefined ? [] : memoryTold(result.memory, spoken, render)),
  ].join('\n\n');

await runProgram({
  name: 'integrity',
  help,
  options: {
    tree: { type: 'string', default: '/usr' },
    rounds: { type: 'string', default: '2' },
    million: { type: 'boolean' },
    live: { type: 'boolean' },
    memory: { type: 'boolean' },
  },
  async measure(values): Promise<Result> {
    const rounds = wholeNumber('rounds', values.rounds);
    const sizes = values.million ? [100_000, 1_000_000] : [100_000];
    const only = values.live || values.memory;
    return {
      ...(!only && (await measureIntegrity({ tree: values.tree, rounds, sizes }))),
      ...((!only || values.live) && { live: await measureLive() }),
      ...((!only || values.memory) && { memory: await measureMemory() }),
    };
  },
  terminal: (result, spoken) => told(result, spoken, terminalTable),
  markdown: (result, spoken) => told(result, spoken, markdownTable),
});
