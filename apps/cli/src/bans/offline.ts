/** `redoubt bans test`: a jail over a log file, without an agent and without a ban. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Jail, JailWatch, loadJails, type Offender } from '@redoubt/act/bans';
import { defaultStateDirectory, shippedContent } from '@redoubt/agent/options';
import { fileBytes, formats, type LogFormat, readLog } from '@redoubt/observe/log';
import { type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { Progress } from '../output/progress.ts';
import { bytes } from '../output/values.ts';

/** Somebody whom a jail would have banned. */
export interface TestedOffender {
  readonly jail: string;
  readonly subject: string;
  /** How often there were too many offences. */
  readonly times: number;
  readonly offences: number;
  readonly first: number;
  readonly last: number;
  readonly lines: readonly string[];
  readonly users: readonly string[];
}

/** What a test came to. */
export interface TestReport {
  readonly file: string;
  readonly format: LogFormat;
  readonly records: number;
  readonly offences: number;
  readonly damaged: number;
  readonly offenders: readonly TestedOffender[];
}

/** The jails that `--jail` names; all that are enabled without it. @throws CommandError */
export function askedJails({ options, output, environment }: Invocation): readonly Jail[] {
  const own = join(textOption(options, 'state') ?? defaultStateDirectory(environment), 'jails');
  const { jails, problems } = loadJails([join(shippedContent, 'jails'), own]);
  for (const problem of problems) output.remark(problem);
  const name = textOption(options, 'jail');
  if (name === undefined) return jails.filter(({ enabled }) => enabled);
  const jail = jails.find(one => one.name === name);
  if (jail !== undefined) return [{ ...jail, enabled: true }];
  const known = jails.map(one => one.name).join(', ');
  throw new CommandError(ExitCode.usage, {
    en: `There is no jail "${name}"; there are: ${known}`,
    zh: `没有名为“${name}”的规则；现有：${known}`,
  });
}

/** Runs the jails over a file. @throws CommandError naming the file when it cannot be read */
export async function testFile(invocation: Invocation, file: string): Promise<TestReport> {
  const { options, output } = invocation;
  const jails = askedJails(invocation);
  const watch = new JailWatch(jails, { anyLog: true, limit: 1_000_000 });
  const format = formatOption(textOption(options, 'log-format'));
  const size = sizeOf(file);
  const reader = readLog(fileBytes(file), {
    name: file,
    ...(format !== undefined && { format }),
  });
  const found = new Map<string, TestedOffender>();
  const progress = new Progress(output);
  try {
    const chunks = reader.each(record => {
      for (const offender of watch.event(record)) note(found, offender);
    });
    for await (const _ of chunks) {
      progress.show(size === 0 ? 0 : reader.statistics.bytes / size, bytes(reader.statistics.bytes));
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      ExitCode.failed,
      { en: `${file}: ${words}`, zh: `${file}：${words}` },
      { cause: error },
    );
  } finally {
    progress.end();
  }
  const { records, damageCount } = reader.statistics;
  return {
    file,
    format: reader.format ?? 'syslog',
    records,
    offences: watch.offences,
    damaged: damageCount,
    offenders: [...found.values()].sort((a, b) => b.offences - a.offences),
  };
}

function note(found: Map<string, TestedOffender>, offender: Offender): void {
  const { jail, subject, count, first, last, lines, users } = offender;
  const key = `${jail.name} ${subject}`;
  const known = found.get(key);
  found.set(key, {
    jail: jail.name,
    subject,
    times: (known?.times ?? 0) + 1,
    offences: (known?.offences ?? 0) + count,
    first: known?.first ?? first,
    last,
    lines,
    users: joined(known?.users, users),
  });
}

function joined(before: readonly string[] = [], more: readonly string[]): readonly string[] {
  if (more.every(one => before.includes(one))) return before;
  return [...new Set([...before, ...more])].slice(0, 10);
}

function formatOption(text: string | undefined): LogFormat | undefined {
  if (text === undefined) return undefined;
  if (Object.hasOwn(formats, text)) return text as LogFormat;
  const known = Object.keys(formats).join(', ');
  throw new CommandError(ExitCode.usage, {
    en: `--log-format must be one of ${known}, not "${text}"`,
    zh: `--log-format 应为 ${known} 之一，而不是“${text}”`,
  });
}

function sizeOf(file: string): number {
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new Error('is no regular file');
    return found.size;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      ExitCode.usage,
      { en: `${file}: ${words}`, zh: `${file}：${words}` },
      { cause: error },
    );
  }
}
