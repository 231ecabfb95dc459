/** `./redoubt bench gate`: what the gate before executions costs. */
import { parseArgs } from 'node:util';
import { type GateResult, measureGate } from './gate/measure.ts';
import { runBenchmark } from './lib/cleanup.ts';
import { type Language, language } from './lib/language.ts';
import { writeResult, writeSections } from './lib/readme.ts';
import { median } from './lib/statistics.ts';
import { markdownTable, type Table, terminalTable } from './lib/table.ts';

const help = {
  en: 'Usage: redoubt bench gate [--runs N] [--rounds N] [--json] [--write]\nMeasures on a tmpfs of its own; needs root.\n',
  zh: '用法：redoubt bench gate [--runs N] [--rounds N] [--json] [--write]\n在独立的 tmpfs 上测量；需要 root。\n',
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

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5000' },
      fresh: { type: 'string', default: '500' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  const [runs, fresh, rounds] = [values.runs, values.fresh, values.rounds].map(Number) as [
    number,
    number,
    number,
  ];
  const result = await measureGate({ runs, fresh, rounds });
  if (values.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else process.stdout.write(`${terminalTable(tableOf(result, language))}\n`);
  if (values.write) {
    writeResult('gate', result);
    writeSections('gate', {
      en: markdownTable(tableOf(result, 'en')),
      zh: markdownTable(tableOf(result, 'zh')),
    });
  }
  return 0;
}

await runBenchmark(main);
