/** The outcome of `bench detect` as tables, for the terminal and for Markdown. */
import type { Language, Text } from '../lib/language.ts';
import type { Align, Table } from '../lib/table.ts';
import type { DetectResult, Feed, RateRow } from './result.ts';

/** What the events of each feed are, and how many a second are aimed at over 3,000 rules. */
const feeds: Readonly<Record<Feed, { readonly text: Text; readonly aim: number | undefined }>> = {
  'json-mixed': { text: { en: 'JSON lines, mixed', zh: 'JSON 行，混合' }, aim: 100_000 },
  'json-process': { text: { en: 'JSON lines, process creation', zh: 'JSON 行，进程创建' }, aim: undefined },
  'decoded-mixed': { text: { en: 'kernel sensor, mixed', zh: '内核传感器，混合' }, aim: 300_000 },
  'decoded-process': {
    text: { en: 'kernel sensor, process start', zh: '内核传感器，进程启动' },
    aim: undefined,
  },
};

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const rightOf = (head: readonly string[]): Align[] => head.map((_, i): Align => (i === 0 ? 'left' : 'right'));

function rowOf(rates: readonly RateRow[], feed: Feed, rules: number | 'own'): RateRow | undefined {
  return rates.find(row => row.feed === feed && row.rules === rules);
}

/** Events a second, by feed and number of rules, beside the plain evaluator. */
export function rateTable({ rates, same, ownRules }: DetectResult, language: Language): Table {
  const zh = language === 'zh';
  const head = zh
    ? [
        '事件',
        '30 条',
        '300 条',
        '3000 条',
        `自有 ${ownRules} 条`,
        '3000 条目标',
        '朴素求值，3000 条',
        '倍数',
      ]
    : ['events', '30 rules', '300', '3,000', `our ${ownRules}`, 'aim at 3,000', 'plain, 3,000', 'ratio'];
  const rows = (Object.keys(feeds) as Feed[])
    .filter(feed => rates.some(row => row.feed === feed))
    .map(feed => {
      const cell = (rules: number | 'own'): string => {
        const row = rowOf(rates, feed, rules);
        return row === undefined ? '–' : whole(row.perSecond);
      };
      const beside = same.find(one => one.feed === feed);
      const { text, aim } = feeds[feed];
      return [
        text[language],
        cell(30),
        cell(300),
        cell(3_000),
        cell('own'),
        aim === undefined ? '–' : whole(aim),
        beside === undefined ? '–' : whole(beside.plainPerSecond),
        beside === undefined
          ? '–'
          : `${whole((rowOf(rates, feed, 3_000)?.perSecond ?? Number.NaN) / beside.plainPerSecond)} ×`,
      ];
    });
  return { head, align: rightOf(head), rows };
}

/** Everything else, beside what is aimed at. */
export function factTable(result: DetectResult, language: Language): Table {
  const zh = language === 'zh';
  const rows: string[][] = [];
  const add = (en: string, chinese: string, value: string, aim = ''): void => {
    rows.push([zh ? chinese : en, value, aim]);
  };
  const { hostile, memory, evtx, follow, indicators, rates } = result;
  const costliest = Math.max(
    ...rates.filter(row => row.rules === 3_000).map(row => row.costliest?.share ?? 0),
  );
  add('costliest of 3,000 rules, of the time', '3000 条中最贵的一条，占用时间', percent(costliest));
  add(
    `one event in 100 with a hostile text of ${hostile.bytes / 1024} KiB, of the time; slowest`,
    `每百个事件有一个带 ${hostile.bytes / 1024} KiB 恶意文本，占用时间；最慢`,
    `${percent(hostile.share)}; ${hostile.slowest.toFixed(1)} ms`,
  );
  add(
    'peak memory with 3,000 rules, Node included, MiB',
    '3000 条规则的内存峰值（含 Node），MiB',
    mebibytes(memory.peak),
    '200',
  );
  add('EVTX read, MB/s', '读取 EVTX，MB/s', (evtx.readPerSecond / 1e6).toFixed(1));
  add(
    'EVTX read and judged by 3,000 rules, MB/s',
    '读取 EVTX 并按 3000 条规则判断，MB/s',
    (evtx.judgedPerSecond / 1e6).toFixed(1),
  );
  add(
    `log followed, parsed and judged at ${whole(follow.linesPerSecond)} lines/s: missing / twice`,
    `以每秒 ${whole(follow.linesPerSecond)} 行跟随、解析、判断日志：丢失 / 重复`,
    `${follow.missing} / ${follow.repeated}`,
    '0 / 0',
  );
  add('of one core for that', '为此占用一核', percent(follow.cpu));
  if (indicators !== undefined) {
    const name = whole(indicators.indicators);
    const slowest = Math.max(...indicators.lookups.flatMap(({ hitNs, missNs }) => [hitNs, missNs]));
    add(
      `slowest look-up among ${name} indicators, µs`,
      `${name} 条情报中最慢的查询，微秒`,
      (slowest / 1000).toFixed(2),
      '2',
    );
    add('memory of these, MiB', '其内存，MiB', indicators.memoryMiB.toFixed(0));
    for (const [format, { seconds }] of Object.entries(indicators.imports))
      add(`their import from ${format}, s`, `从 ${format} 导入，秒`, seconds.toFixed(1), '30');
  }
  const head = zh ? ['量', '值', '目标'] : ['quantity', 'value', 'aim'];
  return { head, align: rightOf(head), rows };
}
