/** The result as tables. */
import type { Language } from '../lib/language.ts';
import { markdownTable, type Table, terminalTable } from '../lib/table.ts';
import type { Group, ScanResult } from './measure.ts';

const mebibyte = 2 ** 20;

function tableOf({ runs }: Group, language: Language): Table {
  const fastest = Math.max(...runs.slice(1).map(({ bytesPerSecond }) => bytesPerSecond));
  const heads = {
    en: ['scanner', 'seconds', 'MiB/s', 'files/s', 'peak memory', 'beside the fastest peer'],
    zh: ['扫描器', '秒', 'MiB/s', '文件/秒', '内存峰值', '与最快的同类相比'],
  };
  return {
    head: heads[language],
    align: ['left', 'right', 'right', 'right', 'right', 'right'],
    rows: runs.map(({ name, seconds, bytesPerSecond, filesPerSecond, peakRss }) => [
      name,
      seconds.toFixed(1),
      (bytesPerSecond / mebibyte).toFixed(1),
      filesPerSecond.toFixed(0),
      `${(peakRss / mebibyte).toFixed(0)} MiB`,
      `${(bytesPerSecond / fastest).toFixed(2)} ×`,
    ]),
  };
}

function words(
  { rules, clamav, rescan }: ScanResult,
  language: Language,
): { rules: string; clamav: string; rescan: string } {
  const ratio = (rescan.firstSeconds / rescan.againSeconds).toFixed(0);
  const [first, again] = [rescan.firstSeconds.toFixed(1), rescan.againSeconds.toFixed(2)];
  const size = ({ files, bytes }: Pick<Group, 'files' | 'bytes'>): string =>
    `${files}, ${(bytes / mebibyte).toFixed(0)} MiB`;
  if (language === 'zh')
    return {
      rules: `相同的 YARA 规则，${rules.path}（文件数与大小：${size(rules)}）：`,
      clamav: `相同的 ClamAV 特征库，${clamav.path}（文件数与大小：${size(clamav)}）。Redoubt 与 clamdscan 使用同样的 clamd，每次重新启动，其内存计入两者：`,
      rescan: `再次扫描未变化的 ${rescan.path}（文件数与大小：${size(rescan)}；打开容器，全部引擎，不含 ClamAV）：首次 ${first} 秒，再次 ${again} 秒，快 ${ratio} 倍。`,
    };
  return {
    rules: `The same YARA rules over ${rules.path} (files and size: ${size(rules)}):`,
    clamav: `The same ClamAV data base over ${clamav.path} (files and size: ${size(clamav)}). Redoubt and clamdscan ask the same clamd, which is started anew for each run and counted in the memory of both:`,
    rescan: `Scanning ${rescan.path} again when nothing has changed (files and size: ${size(rescan)}; containers opened, every engine but ClamAV): first ${first} s, again ${again} s, ${ratio} times faster.`,
  };
}

/** For a terminal. */
export function renderTerminal(result: ScanResult, language: Language): string {
  const text = words(result, language);
  return [
    text.rules,
    terminalTable(tableOf(result.rules, language)),
    '',
    text.clamav,
    terminalTable(tableOf(result.clamav, language)),
    '',
    text.rescan,
  ].join('\n');
}

/** For the README. */
export function renderMarkdown(result: ScanResult, language: Language): string {
  const text = words(result, language);
  const { machine } = result;
  return [
    text.rules,
    '',
    markdownTable(tableOf(result.rules, language)),
    '',
    text.clamav,
    '',
    markdownTable(tableOf(result.clamav, language)),
    '',
    text.rescan,
    '',
    `${machine.cpu}, ${machine.cpus} CPU, ${machine.memory} GiB, Linux ${machine.kernel}, ${machine.system}`,
  ].join('\n');
}
