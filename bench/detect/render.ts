/** `bench detect`'s result as one text. */
import type { Language } from '../lib/language.ts';
import { markdownTable, type Table, terminalTable } from '../lib/table.ts';
import { factTable, rateTable } from './report.ts';
import type { DetectResult } from './result.ts';

function circumstances({ machine, node, same }: DetectResult, language: Language): string {
  const { cpu, cpus, memory, kernel, system, virtual, load } = machine;
  const compared = same.reduce((sum, { events }) => sum + events, 0).toLocaleString('en');
  const matches = same.reduce((sum, { matches }) => sum + matches, 0).toLocaleString('en');
  return language === 'zh'
    ? `每秒事件数，单核，按处理器时间计，包含解析或解码。${system}，内核 ${kernel}，${cpus} × ${cpu}，${memory} GiB${virtual ? '，虚拟机' : ''}，Node ${node}，开始时负载 ${load.toFixed(2)}。朴素求值器在 ${compared} 个事件上给出相同的 ${matches} 次匹配。`
    : `Events a second on one core, by processor time, parsing or decoding included. ${system}, kernel ${kernel}, ${cpus} × ${cpu}, ${memory} GiB${virtual ? ', a virtual machine' : ''}, Node ${node}, load ${load.toFixed(2)} at the start. The plain evaluator finds the same ${matches} matches in ${compared} events.`;
}

/** Peers that are not measured, and why. */
const peers: Readonly<Record<Language, string>> = {
  en: 'Peers are not in these tables: rsigma, Hayabusa, Chainsaw and Zircolite are neither in npm nor in Debian’s archive, the only sources of this benchmark. rsigma itself states 19,000–66,000 events a second on a core, on another machine and over other rules and events.',
  zh: '表中没有同类工具：rsigma、Hayabusa、Chainsaw、Zircolite 均不在 npm 或 Debian 仓库中，而本基准只使用这两个来源。rsigma 自述在另一台机器、另一批规则与事件上单核每秒 19,000–66,000 个事件。',
};

function partsOf(result: DetectResult, language: Language, table: (table: Table) => string): string[] {
  return [
    circumstances(result, language),
    table(rateTable(result, language)),
    table(factTable(result, language)),
    ...(result.obstacle === undefined ? [] : [result.obstacle]),
    peers[language],
  ];
}

/** The result as it is shown at the end on a terminal. */
export function renderForTerminal(result: DetectResult, language: Language): string {
  return partsOf(result, language, terminalTable).join('\n\n');
}

/** The result as a section of a README. */
export function renderMarkdown(result: DetectResult, language: Language): string {
  return partsOf(result, language, markdownTable).join('\n\n');
}
