/** `redoubt bench`: measures what the README claims. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, flag, type Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions } from '../options.ts';
import { repository } from '../repository.ts';

const folder = join(repository, 'bench');

/** Benchmarks by name: `bench/NAME.ts`, or `bench/NAME/main.ts`. */
export function benchmarks(directory = folder): Map<string, string> {
  const found = new Map<string, string>();
  if (!existsSync(directory)) return found;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const main = join(directory, entry.name, 'main.ts');
    if (entry.isFile() && entry.name.endsWith('.ts')) {
      found.set(entry.name.slice(0, -'.ts'.length), join(directory, entry.name));
    } else if (entry.isDirectory() && existsSync(main)) found.set(entry.name, main);
  }
  return found;
}

async function run({ raw, options, output }: Invocation): Promise<number> {
  const known = benchmarks();
  const [name, ...rest] = raw;
  if (name === undefined || name.startsWith('-')) {
    if (flag(options, 'json')) output.json([...known.keys()]);
    else
      output.print(
        ...(known.size > 0
          ? known.keys()
          : [output.say({ en: 'There is no benchmark yet.', zh: '还没有基准测试。' })]),
      );
    return ExitCode.ok;
  }
  const script = known.get(name);
  if (script === undefined) {
    throw new CommandError(ExitCode.usage, {
      en: `There is no benchmark "${name}"; there are: ${[...known.keys()].join(', ') || 'none'}`,
      zh: `没有名为“${name}”的基准测试；现有：${[...known.keys()].join('、') || '无'}`,
    });
  }
  const child = spawn(process.execPath, [script, ...rest], { stdio: 'inherit' });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? ExitCode.internal;
}

export const benchCommand: Command = {
  name: 'bench',
  summary: { en: 'measure cost and speed on this machine', zh: '在本机测量开销与速度' },
  usage: ['bench', 'bench NAME [ARGUMENT]…'],
  details: {
    en: 'Without a name, lists the benchmarks. Arguments are passed on; the exit status is the benchmark’s.',
    zh: '不带名称时列出全部基准测试。参数原样传递；退出状态即基准测试的退出状态。',
  },
  options: commonOptions,
  examples: [{ line: 'bench sensor', text: { en: 'what watching costs', zh: '监控的开销' } }],
  passesArguments: true,
  run,
};
