/** What `bench detect` can be told. */
import { parseArgs } from 'node:util';
import type { Text } from '../lib/language.ts';

/** Help, in both languages. */
export const help: Text = {
  en: `redoubt bench detect: what the detection engine does on one core.

Events a second from JSON lines and from recorded events of the kernel sensor, over 30, 300 and 3,000 synthetic
rules in the shape of the public corpus and over our own; beside a plain evaluator, whose matches must be the same;
memory, EVTX, hostile texts, 1,000,000 indicators, a log at 50,000 lines a second.

  --seconds N     processor time for each rate (default 3)
  --events N      JSON lines of each kind (default 20000)
  --indicators N  how many indicators are imported (default 1000000; 0 leaves this out)
  --quick         a small run, to see that all of it works
  --json          all measurements as JSON on standard output
  --write         keeps them in bench/results/detect.json and shows them in the READMEs
  --render        shows in the READMEs what was kept before, without measuring
Events of the kernel sensor need root. It makes only what lies in a folder of its own, and removes it.
`,
  zh: `redoubt bench detect：检测引擎在单核上的表现。

对 30、300、3000 条合成规则（形态仿照公开规则库）和自有规则，测量来自 JSON 行与内核传感器记录的每秒事件数；
与朴素求值器对比，匹配结果必须一致；另测内存、EVTX、恶意文本、一百万条情报、每秒 5 万行日志的跟随。

  --seconds N     每项速率所用的处理器时间（默认 3 秒）
  --events N      每类 JSON 行的数量（默认 20000）
  --indicators N  导入的情报数（默认 1000000；0 表示不测）
  --quick         小规模运行，仅用于确认全部可用
  --json          在标准输出以 JSON 给出全部测量值
  --write         写入 bench/results/detect.json 并更新两份 README
  --render        不测量，仅用已有结果更新 README
内核传感器事件需要 root。所有产物都在自己的目录中，结束后删除。
`,
};

/** Options of one run. */
export interface DetectOptions {
  readonly seconds: number;
  readonly events: number;
  readonly indicators: number;
  readonly json: boolean;
  readonly write: boolean;
  readonly render: boolean;
  readonly help: boolean;
}

function numberOf(text: string | undefined, name: string, least: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number < least)
    throw new Error(`--${name} takes a number of at least ${least}, not "${text}"`);
  return number;
}

/**
 * Reads the arguments.
 * @throws Error or TypeError that says which argument is wrong
 */
export function readOptions(args: readonly string[]): DetectOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      events: { type: 'string' },
      indicators: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      render: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { quick, json, write, render, help } = values;
  return {
    seconds: numberOf(values.seconds, 'seconds', 0.1, quick ? 0.2 : 3),
    events: Math.floor(numberOf(values.events, 'events', 1000, quick ? 2_000 : 20_000)),
    indicators: Math.floor(numberOf(values.indicators, 'indicators', 0, quick ? 10_000 : 1_000_000)),
    json,
    write,
    render,
    help,
  };
}
