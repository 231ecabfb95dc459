/** What `bench detect` can be told. */
import type { Text } from '../lib/language.ts';
import { positiveNumber, type Values, wholeNumber } from '../lib/program.ts';

/** Help, in both languages. */
export const help: Text = {
  en: `redoubt bench detect: what the detection engine does on one core.

Events a second from JSON lines and from recorded events of the kernel sensor, over 30, 300 and 3,000 synthetic
rules in the shape of the public corpus and over our own; beside a plain evaluator, whose matches must be the same;
memory, EVTX, hostile texts, 1,000,000 indicators, a log at 50,000 lines a second.
Events of the kernel sensor need root. It makes only what lies in a folder of its own, and removes it.

  --seconds N       processor time for each rate (default 3)
  --events N        JSON lines of each kind (default 20000)
  --indicators N    how many indicators are imported (default 1000000; 0 leaves this out)
  --quick           a small run, to see that all of it works
`,
  zh: `redoubt bench detect：检测引擎在单核上的表现。

对 30、300、3000 条合成规则（形态仿照公开规则库）和自有规则，测量来自 JSON 行与内核传感器记录的每秒事件数；
与朴素求值器对比，匹配结果必须一致；另测内存、EVTX、恶意文本、一百万条情报、每秒 5 万行日志的跟随。
内核传感器事件需要 root。所有产物都在自己的目录中，结束后删除。

  --seconds N       每项速率所用的处理器时间（默认 3 秒）
  --events N        每类 JSON 行的数量（默认 20000）
  --indicators N    导入的情报数（默认 1000000；0 表示不测）
  --quick           小规模运行，仅用于确认全部可用
`,
};

/** The options of the command line. */
export const options = {
  seconds: { type: 'string' },
  events: { type: 'string' },
  indicators: { type: 'string' },
  quick: { type: 'boolean', default: false },
} as const;

/** How much is to be measured. */
export interface DetectOrder {
  readonly seconds: number;
  readonly events: number;
  readonly indicators: number;
}

/** What the options ask for. @throws Error that says which option is wrong */
export function orderOf(values: Values<typeof options>): DetectOrder {
  const { quick } = values;
  return {
    seconds: positiveNumber('seconds', values.seconds ?? (quick ? '0.2' : '3')),
    events: wholeNumber('events', values.events ?? (quick ? '2000' : '20000'), 1000),
    indicators: wholeNumber('indicators', values.indicators ?? (quick ? '10000' : '1000000'), 0),
  };
}
