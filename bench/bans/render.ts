/** The result as tables. */
import type { Language } from '../lib/language.ts';
import { markdownTable, type Table, terminalTable } from '../lib/table.ts';
import type { BansResult } from './measure.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function tableOf({ runs }: BansResult, language: Language): Table {
  const peer = runs.find(({ name }) => name === 'fail2ban-regex')?.linesPerSecond ?? Number.NaN;
  const heads = {
    en: ['program', 'seconds', 'lines/s', 'beside fail2ban', 'aim'],
    zh: ['程序', '秒', '行/秒', '与 fail2ban 相比', '目标'],
  };
  return {
    head: heads[language],
    align: ['left', 'right', 'right', 'right', 'right'],
    rows: runs.map(({ name, seconds, linesPerSecond }, at) => [
      name,
      seconds.toFixed(1),
      whole(linesPerSecond),
      `${(linesPerSecond / peer).toFixed(1)} ×`,
      at === 0 ? '20 ×' : '',
    ]),
  };
}

function textOf(
  { lines, offenders, toKernel, restored, machine, node, crowdsec }: BansResult,
  language: Language,
): string {
  const { median, worst } = toKernel;
  if (language === 'zh')
    return `同一份 ${whole(lines)} 行 sshd 日志，整个程序计时，违规地址相同（${offenders} 个）。日志行写入被跟踪的文件到内核集合中出现该地址：中位 ${median.toFixed(2)} 秒，最慢 ${worst.toFixed(2)} 秒（目标 1 秒）。重启后恢复 ${whole(restored.bans)} 条封禁：${restored.seconds.toFixed(1)} 秒（目标 2 秒）。${machine.cpu}，${machine.cpus} 核，Linux ${machine.kernel}，${machine.system}，Node ${node}，开始时负载 ${machine.load.toFixed(2)}。${crowdsecText(crowdsec, language)}`;
  return `One sshd log of ${whole(lines)} lines, whole programs timed, the same ${offenders} offenders. From a line in a followed file to the address in the kernel’s set: median ${median.toFixed(2)} s, slowest ${worst.toFixed(2)} s (aim: 1 s). ${whole(restored.bans)} bans restored after a restart: ${restored.seconds.toFixed(1)} s (aim: 2 s). ${machine.cpu}, ${machine.cpus} CPU, Linux ${machine.kernel}, ${machine.system}, Node ${node}, load ${machine.load.toFixed(2)} at the start. ${crowdsecText(crowdsec, language)}`;
}

function crowdsecText(crowdsec: BansResult['crowdsec'], language: Language): string {
  if (crowdsec === undefined) return language === 'zh' ? '未测 CrowdSec。' : 'CrowdSec is not measured.';
  const { lines, found, expected } = crowdsec;
  return language === 'zh'
    ? `CrowdSec（Debian 软件包及其自带的解析器；桶的规则与滑动窗口不同）读取 ${whole(lines)} 行，命中其中 ${expected} 个违规地址中的 ${found} 个。`
    : `CrowdSec (Debian’s package with the parsers it brings; its buckets are no sliding windows) read ${whole(lines)} lines and found ${found} of the ${expected} offenders in them.`;
}

/** For a terminal. */
export function renderTerminal(result: BansResult, language: Language): string {
  return [terminalTable(tableOf(result, language)), '', textOf(result, language)].join('\n');
}

/** For the README. */
export function renderMarkdown(result: BansResult, language: Language): string {
  const title =
    language === 'zh'
      ? '**封禁**（`./redoubt bench bans --write`）'
      : '**Bans** (`./redoubt bench bans --write`)';
  return [title, '', markdownTable(tableOf(result, language)), '', textOf(result, language)].join('\n');
}
