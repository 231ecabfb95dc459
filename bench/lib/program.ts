/** The frame of a benchmark that keeps its result and shows it in the READMEs. */
import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { runBenchmark } from './cleanup.ts';
import { type Language, language, type Text } from './language.ts';
import { resultFile, writeResult, writeSections } from './readme.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** The values of a program's own options. */
export type Values<Own extends Options> = ReturnType<typeof parseArgs<{ options: Own }>>['values'];

/** A benchmark: what it takes, measures and tells. */
export interface Program<Own extends Options, Result> {
  /** Of the result's file and of the marks in the READMEs. */
  readonly name: string;
  /** What it measures, and its own options, a line each. */
  readonly help: Text;
  readonly options: Own;
  measure(values: Values<Own>): Promise<Result>;
  terminal(result: Result, spoken: Language): string;
  /** For the READMEs. */
  markdown(result: Result, spoken: Language): string;
}

const common = {
  json: { type: 'boolean' },
  write: { type: 'boolean' },
  render: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const commonHelp = (name: string): Text => ({
  en: `  --json            the result as JSON
  --write           keeps it in bench/results/${name}.json and shows it in the READMEs
  --render          measures nothing, and shows the kept result in the READMEs again
`,
  zh: `  --json            以 JSON 输出结果
  --write           写入 bench/results/${name}.json 并更新两份 README
  --render          不测量，仅用已有结果更新两份 README
`,
});

/** A whole number of an option. @throws Error that names the option */
export function wholeNumber(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} takes a whole number from ${least} on, not "${text}"`);
  return value;
}

/** A positive number of an option. @throws Error that names the option */
export function positiveNumber(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new Error(`--${name} takes a positive number, not "${text}"`);
  return value;
}

/** Runs a benchmark with the words of the command line, and puts everything back afterwards. */
export function runProgram<Own extends Options, Result>(program: Program<Own, Result>): Promise<void> {
  return runBenchmark(async () => {
    const { name, help } = program;
    const asked = parseArgs({ options: common, strict: false }).values;
    if (asked.help === true) {
      process.stdout.write(`${help[language].trim()}\n${commonHelp(name)[language]}`);
      return 0;
    }
    const { values } = parseArgs({ options: { ...program.options, ...common } });
    const show = (result: Result): void =>
      writeSections(name, { en: program.markdown(result, 'en'), zh: program.markdown(result, 'zh') });
    if (asked.render === true) {
      show(JSON.parse(readFileSync(resultFile(name), 'utf8')) as Result);
      return 0;
    }
    const result = await program.measure(values as Values<Own>);
    const text =
      asked.json === true ? JSON.stringify(result, undefined, 2) : program.terminal(result, language);
    process.stdout.write(`${text}\n`);
    if (asked.write === true) {
      writeResult(name, result);
      show(result);
    }
    return 0;
  });
}
