/** The outcome of `bench sensor` as tables, for the terminal and for Markdown. */
import type { Witness } from '../condition/condition.ts';
import type { Language, Text } from '../lib/language.ts';
import type { Machine } from '../lib/machine.ts';
import type { Usage } from '../lib/process-usage.ts';
import { median, medianInterval, pairRatios, spread } from '../lib/statistics.ts';
import type { Align, Table } from '../lib/table.ts';
import type { Workload } from '../workload/workload.ts';
import type { LoadedLatency } from './agent-alone.ts';
import type { KernelPart } from './kernel-part.ts';
import { type Run, type Series, secondsPerOperation } from './measure.ts';

/** Everything that was measured. */
export interface SensorResult {
  machine: Machine;
  /** Rounds that came to their end. */
  rounds: number;
  /** Counted runs of each workload beside each watcher in a round. */
  passes: number;
  seed: number;
  series: Series[];
  /** Why a watcher could not run here, by its name. */
  obstacles: Record<string, string>;
  kernelPart?: KernelPart[];
  idle?: Usage;
  loaded?: LoadedLatency;
}

/** A table with its title. */
export interface TitledTable {
  title: Text;
  table: Table;
}

const microseconds = (runs: readonly Run[]) => runs.map(run => 1e6 * secondsPerOperation(run));
const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
const number = (value: number) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));

function intervalCell(ratios: readonly number[]): string {
  const { low, high } = medianInterval(ratios);
  return `${median(ratios).toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

function ratioCell(series: Series): string {
  const ratios = pairRatios(
    series.reference.map(secondsPerOperation),
    series.watched.map(secondsPerOperation),
  );
  return intervalCell(ratios);
}

/** What each watcher costs each workload. */
export function costTable(
  result: SensorResult,
  workloads: readonly Workload[],
  language: Language,
): TitledTable {
  const watchers = [
    ...new Set(result.series.map(({ watcher }) => watcher)),
    ...Object.keys(result.obstacles),
  ];
  const measured = workloads.filter(({ name }) => result.series.some(series => series.workload === name));
  const rows = measured.map(({ name, operation, bar }) => {
    const own = result.series.filter(series => series.workload === name);
    const { median, min, max } = spread(microseconds(own[0]?.reference ?? []));
    const cells = watchers.map(watcher => {
      const series = own.find(one => one.watcher === watcher);
      return series ? ratioCell(series) : '–';
    });
    return [
      `${name} (${operation[language]})`,
      `${number(median)} (${number(min)}–${number(max)})`,
      ...cells,
      bar.toFixed(2),
    ];
  });
  const head =
    language === 'zh'
      ? ['负载（单位操作）', '无监测，微秒', ...watchers.map(name => `${name}，倍数`), 'redoubt 上限']
      : ['workload (operation)', 'without, µs', ...watchers.map(name => `${name}, ratio`), 'bar for redoubt'];
  return {
    title: {
      en: 'Time for one operation: median (min–max) without a watcher; median of pairwise ratios (its confidence interval) with each',
      zh: '每次操作的用时：无监测时为中位数（最小–最大）；有监测时为成对比值的中位数（其置信区间）',
    },
    table: { head, align: head.map((_, i): Align => (i === 0 ? 'left' : 'right')), rows },
  };
}

/** What the part in the kernel costs by itself. */
export function kernelTable({ kernelPart = [] }: SensorResult, language: Language): TitledTable {
  const rows = kernelPart.map(({ workload, ratios, control }) => [
    workload,
    String(ratios.length),
    intervalCell(ratios),
    intervalCell(control),
  ]);
  return {
    title: {
      en: 'The part in the kernel alone, attached and detached in turn each second: median of ratios (its confidence interval)',
      zh: '仅内核部分，每秒交替挂载与卸载：比值的中位数（其置信区间）',
    },
    table: {
      head:
        language === 'zh'
          ? ['负载', '对数', '挂载', '对照（均未挂载）']
          : ['workload', 'pairs', 'attached', 'control, both detached'],
      align: ['left', 'right', 'right', 'right'],
      rows,
    },
  };
}

function middle(witnesses: readonly Witness[], pick: (witness: Witness) => number | undefined): number {
  return median(witnesses.map(witness => pick(witness) ?? 0));
}

/** What each watcher used and recorded while it watched. */
export function watcherTable(result: SensorResult, language: Language): TitledTable {
  const rows = result.series.map(({ workload, watcher, watched }) => {
    const witnesses = watched.map(run => run.witness);
    const lost = witnesses.reduce((sum, witness) => sum + (witness.lost ?? 0), 0);
    const recorded = witnesses.reduce((sum, witness) => sum + (witness.recorded ?? 0), 0);
    const perSecond = middle(witnesses, ({ recorded, usage }) => (recorded ?? 0) / (usage?.seconds ?? 1));
    return [
      workload,
      watcher,
      middle(witnesses, witness => witness.usage?.cpuPercent).toFixed(1),
      mebibytes(middle(witnesses, witness => witness.usage?.peakRss)),
      mebibytes(middle(witnesses, witness => witness.usage?.pss)),
      number(perSecond),
      recorded.toLocaleString('en'),
      lost.toLocaleString('en'),
    ];
  });
  const head =
    language === 'zh'
      ? ['负载', '监测', 'CPU（占一核 %）', 'RSS 峰值 MiB', 'PSS MiB', '事件/秒', '记录的事件', '丢失']
      : [
          'workload',
          'watcher',
          'CPU, % of a core',
          'peak RSS, MiB',
          'PSS, MiB',
          'events/s',
          'recorded',
          'lost',
        ];
  return {
    title: {
      en: 'What the watcher’s own processes use (medians), and what it recorded and lost over all runs',
      zh: '监测进程自身的占用（中位数），以及全部运行中记录与丢失的事件数',
    },
    table: { head, align: head.map((_, i): Align => (i < 2 ? 'left' : 'right')), rows },
  };
}

/** The agent at rest, and its latency under load, beside the bars. */
export function agentTable({ idle, loaded }: SensorResult, language: Language): TitledTable {
  const rows: string[][] = [];
  const zh = language === 'zh';
  const add = (en: string, chinese: string, value: string, bar: string) => {
    rows.push([zh ? chinese : en, value, bar]);
  };
  const ms = (value: number | null) => (value === null ? '–' : value.toFixed(1));
  if (idle) {
    add('CPU at rest, % of a core', '空闲 CPU（占一核 %）', idle.cpuPercent.toFixed(2), '1');
    add('RSS at rest, MiB', '空闲 RSS，MiB', mebibytes(idle.peakRss), '150');
    add('PSS at rest, MiB', '空闲 PSS，MiB', mebibytes(idle.pss), '');
  }
  if (loaded) {
    const { latency, findings } = loaded;
    const finding = `${ms(latency.event_to_finding_p50)} / ${ms(latency.event_to_finding_p99)}`;
    const stored = `${ms(latency.event_to_stored_p50)} / ${ms(latency.event_to_stored_p99)}`;
    add('event to finding, p50 / p99, ms', '事件到发现 p50 / p99，毫秒', finding, 'p99 100');
    add('findings behind these', '以上依据的发现数', String(findings), '');
    add('event to stored, p50 / p99, ms', '事件到落盘 p50 / p99，毫秒', stored, '');
    add(
      'events recorded / lost meanwhile',
      '其间记录 / 丢失的事件',
      `${loaded.recorded.toLocaleString('en')} / ${loaded.lost.toLocaleString('en')}`,
      '',
    );
  }
  return {
    title: {
      en: 'The agent at rest, and its latency while nginx answers a connection a request',
      zh: '代理空闲时的占用，以及 nginx 每请求一连接负载下的延迟',
    },
    table: {
      head: zh ? ['量', '值', '上限'] : ['quantity', 'value', 'bar'],
      align: ['left', 'right', 'right'],
      rows,
    },
  };
}
