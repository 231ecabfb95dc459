/** `bench sensor`'s result as one text. */
import type { Language } from '../lib/language.ts';
import { markdownTable, terminalTable } from '../lib/table.ts';
import { workloads } from '../workload/all.ts';
import {
  agentTable,
  costTable,
  kernelTable,
  type SensorResult,
  type TitledTable,
  watcherTable,
} from './report.ts';

function circumstances({ machine, rounds, passes }: SensorResult, language: Language): string {
  const { cpu, cpus, memory, kernel, system, virtual, load } = machine;
  return language === 'zh'
    ? `${system}，内核 ${kernel}，${cpus} × ${cpu}，${memory} GiB${virtual ? '，虚拟机' : ''}，开始时负载 ${load.toFixed(2)}；${rounds} 轮，每轮 ${passes} 次。`
    : `${system}, kernel ${kernel}, ${cpus} × ${cpu}, ${memory} GiB${virtual ? ', a virtual machine' : ''}, load ${load.toFixed(2)} at the start; ${rounds} rounds of ${passes} runs.`;
}

function notes({ obstacles }: SensorResult, language: Language): string[] {
  return Object.entries(obstacles).map(([name, reason]) =>
    language === 'zh' ? `${name} 无法在此运行：${reason}` : `${name} could not run here: ${reason}`,
  );
}

function tablesOf(result: SensorResult, language: Language): TitledTable[] {
  return [
    costTable(result, workloads, language),
    kernelTable(result, language),
    watcherTable(result, language),
    agentTable(result, language),
  ].filter(({ table }) => table.rows.length > 0);
}

/** The result as it is shown at the end on a terminal. */
export function renderForTerminal(result: SensorResult, language: Language): string {
  return [
    circumstances(result, language),
    ...tablesOf(result, language).map(({ title, table }) => `${title[language]}\n\n${terminalTable(table)}`),
    ...notes(result, language),
  ].join('\n\n');
}

/** The result as Markdown, for a README. */
export function renderMarkdown(result: SensorResult, language: Language): string {
  return `${[
    circumstances(result, language),
    ...tablesOf(result, language).flatMap(({ title, table }) => [
      `**${title[language]}**`,
      markdownTable(table),
    ]),
    ...notes(result, language),
  ].join('\n\n')}\n`;
}
