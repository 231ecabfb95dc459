/** `./redoubt bench gate`: what the gate before executions costs. */
import { type GateResult, measureGate } from './gate/measure.ts';
import type { Language } from './lib/language.ts';
import { runProgram, wholeNumber } from './lib/program.ts';
import { median } from './lib/statistics.ts';
import { markdownTable, type Table, terminalTable } from './lib/table.ts';

const help = {
  en: `redoubt bench gate: what one execution and a storm of them cost with the gate on. Needs root; uses a tmpfs of its own.

  --runs N          executions with a known verdict (default: 5000)
  --fresh N         executions whose verdict has to be asked for (default: 500)
  --rounds N        pairs of storms (default: 5)
`,
  zh: `redoubt bench gate：关卡开启时单次执行与执行风暴的开销。需要 root；使用独立的 tmpfs。

  --runs N          已有结论的执行次数（默认 5000）
  --fresh N         需要判断的执行次数（默认 500）
  --rounds N        风暴对比的轮数（默认 5）
`,
};

function tableOf({ off, cached, uncached, storm }: GateResult, spoken: Language): Table {
  const text = {
    en: [
      'one execution',
      'p50',
      'p99',
      'added p50',
      'added p99',
      'without the gate',
      'verdict known',
      'verdict asked for',
      'storm',
    ],
    zh: ['单次执行', 'p50', 'p99', '增加 p50', '增加 p99', '无关卡', '已有结论', '需要判断', '风暴'],
  }[spoken];
  const micro = (value: number): string => `${value.toFixed(0)} µs`;
  const row = (name: string | undefined, { p50, p99 }: GateResult['off']): string[] => [
    name ?? '',
    micro(p50),
    micro(p99),
    micro(p50 - off.p50),
    micro(p99 - off.p99),
  ];
  const cost = (median(storm.on) / median(storm.off) - 1) * 100;
  return {
    head: text.slice(0, 5),
    align: ['left', 'right', 'right', 'right', 'right'],
    rows: [
      [text[5] ?? '', micro(off.p50), micro(off.p99), '', ''],
      row(text[6], cached),
      row(text[7], uncached),
      [`${text[8]} (${storm.execs})`, `${cost.toFixed(1)} %`, '', '', ''],
    ],
  };
}

await runProgram({
  name: 'gate',
  help,
  options: {
    runs: { type: 'string', default: '5000' },
    fresh: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '5' },
  },
  measure: ({ runs, fresh, rounds }) =>
    measureGate({
      runs: wholeNumber('runs', runs),
      fresh: wholeNumber('fresh', fresh),
      rounds: wholeNumber('rounds', rounds),
    }),
  terminal: (result, spoken) => terminalTable(tableOf(result, spoken)),
  markdown: (result, spoken) => markdownTable(tableOf(result, spoken)),
});
