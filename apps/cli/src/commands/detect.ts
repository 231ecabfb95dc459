/** `redoubt detect`: judge log files by Sigma rules, without an agent. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { FileReport } from '@redoubt/detect/offline';
import type { LogFormat } from '@redoubt/observe/log';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { levels, type Shape, showResult } from '../detect/output.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, timeOption } from '../options.ts';
import { Progress } from '../output/progress.ts';
import { bytes } from '../output/values.ts';
import { repository } from '../repository.ts';

/** Exit statuses that differ from those of other commands; `redoubt help detect` documents them. */
const detectExit = { nothing: 0, found: 1, damaged: 3 } as const;

const shippedRules = join(repository, 'content/rules');
const mostWorkers = 8;
const bytesPerWorker = 16 * 2 ** 20;

/** The severity that `--min-level` asks for, 0 for all. */
function minSeverity({ options }: Invocation): number {
  const level = textOption(options, 'min-level');
  if (level === undefined) return 0;
  const index = levels.map(String).indexOf(level);
  if (index >= 0) return index + 1;
  throw new CommandError(ExitCode.usage, {
    en: `--min-level must be one of ${levels.join(', ')}, not "${level}"`,
    zh: `--min-level 必须是 ${levels.join('、')} 之一，而不是“${level}”`,
  });
}

async function formatOption({ options }: Invocation): Promise<LogFormat | undefined> {
  const name = textOption(options, 'format');
  if (name === undefined) return undefined;
  const { logFormats } = await import('@redoubt/observe/log');
  const format = logFormats.find(one => one === name);
  if (format !== undefined) return format;
  throw new CommandError(ExitCode.usage, {
    en: `"${name}" is not a log format; there are: ${logFormats.join(', ')}`,
    zh: `“${name}”不是日志格式；可用的有：${logFormats.join('、')}`,
  });
}

function shapeOf({ options }: Invocation): Shape {
  const given = (['json', 'jsonl', 'sarif', 'csv'] as const).filter(name => flag(options, name));
  const [shape = 'table', another] = given;
  if (another === undefined) return shape;
  throw new CommandError(ExitCode.usage, {
    en: `--${shape} and --${another} cannot both be given`,
    zh: `--${shape} 与 --${another} 不能同时使用`,
  });
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const shape = shapeOf(invocation);
  const severity = minSeverity(invocation);
  const format = await formatOption(invocation);
  const names = invocation.arguments;
  if (names.length === 0) {
    throw new CommandError(ExitCode.usage, {
      en: 'Name the files or folders to look through, or - for standard input',
      zh: '请给出要检查的文件或目录，或用 - 表示标准输入',
    });
  }
  const now = Date.now();
  const rules = textOptions(options, 'rules');
  const settings = {
    rules: rules.length > 0 ? rules.map(folder => resolve(folder)) : [shippedRules],
    from: timeOption(options, 'since', now),
    to: timeOption(options, 'until', now),
    each: flag(options, 'each'),
    format,
    timezone: textOption(options, 'timezone'),
    year: textOption(options, 'year') === undefined ? undefined : yearOption(invocation),
    accessFormat: textOption(options, 'access-format'),
  };
  const { detectOffline, findInputs } = await import('@redoubt/detect/offline');
  const { files, problems } = await findInputs(names);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const progress = new Progress(output);
  const result = await detectOffline(files, {
    ...settings,
    workers: numberOption(options, 'workers', { min: 1, max: 64, otherwise: workersFor(total) }),
    onProgress: (read, records) =>
      progress.show(
        total === 0 ? 0 : read / total,
        output.say({ en: `${bytes(read)}, ${records} records`, zh: `${bytes(read)}，${records} 条记录` }),
      ),
  }).catch((error: unknown) => {
    progress.end();
    const detail = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      ExitCode.unavailable,
      { en: `Detection failed: ${detail}`, zh: `检测失败：${detail}` },
      { cause: error },
    );
  });
  progress.end();
  try {
    const found = await showResult(result, problems, shape, severity, invocation);
    const damaged = result.reports.some(isFaulty) || problems.length > 0;
    if (damaged) return detectExit.damaged;
    return found > 0 ? detectExit.found : detectExit.nothing;
  } finally {
    result.gathering.close();
  }
}

/** A worker loads the rules anew, which only pays when it has something to read. */
function workersFor(total: number): number {
  return Math.min(availableParallelism(), mostWorkers, 1 + Math.floor(total / bytesPerWorker));
}

function yearOption({ options }: Invocation): number {
  return numberOption(options, 'year', { min: 1970, max: 9999, otherwise: 1970 });
}

const isFaulty = ({ error, damage }: FileReport): boolean => error !== undefined || damage.count > 0;

export const detectCommand: Command = {
  name: 'detect',
  summary: {
    en: 'judge log files by Sigma rules, without an agent',
    zh: '用 Sigma 规则检测日志文件（无需代理）',
  },
  usage: ['detect [--rules DIR]… [--format NAME] [--json|--jsonl|--sarif|--csv] FILE|DIR|PATTERN|-…'],
  details: {
    en: 'Reads JSON lines, EVTX and other Windows logs, auditd, syslog, journald, web servers, ModSecurity, Suricata,\nZeek, Kubernetes, CloudTrail, ActionTrail and VPC flow logs, also .gz and .zst. See docs/en/detect.md.\nExits with 0: nothing found, 1: found, 2: wrong command line, 3: files damaged or unreadable (found or not).',
    zh: '支持 JSON 行、EVTX 等 Windows 日志、auditd、syslog、journald、Web 服务器、ModSecurity、Suricata、Zeek、\nKubernetes、CloudTrail、ActionTrail 与 VPC 流日志，也可为 .gz、.zst。详见 docs/zh/detect.md。\n退出码：0 未发现，1 有发现，2 命令行有误，3 文件损坏或不可读（无论有无发现）。',
  },
  options: {
    rules: {
      type: 'string',
      short: 'r',
      value: 'DIR',
      multiple: true,
      help: {
        en: 'rules (default: those that Redoubt ships; may be repeated)',
        zh: '规则目录（默认为自带规则；可重复）',
      },
    },
    format: {
      type: 'string',
      short: 'f',
      value: 'NAME',
      help: { en: 'format of the logs (default: recognised)', zh: '日志格式（默认自动识别）' },
    },
    'min-level': {
      type: 'string',
      value: 'LEVEL',
      help: {
        en: 'low, medium, high or critical: nothing below',
        zh: '最低级别：low、medium、high 或 critical',
      },
    },
    since: {
      type: 'string',
      short: 's',
      value: 'TIME',
      help: { en: 'only records not before this time', zh: '仅不早于该时间的记录' },
    },
    until: {
      type: 'string',
      short: 'u',
      value: 'TIME',
      help: { en: 'only records not after this time', zh: '仅不晚于该时间的记录' },
    },
    each: {
      type: 'boolean',
      help: { en: 'each matching record is a finding of its own', zh: '每条匹配的记录单独成为一条发现' },
    },
    workers: {
      type: 'string',
      short: 'j',
      value: 'N',
      help: {
        en: 'worker threads (default: by size and cores, at most 8)',
        zh: '工作线程数（默认按大小与核数，最多 8）',
      },
    },
    timezone: {
      type: 'string',
      value: 'ZONE',
      help: {
        en: 'zone of times without one: UTC, +08:00, Asia/Shanghai',
        zh: '无时区时间的时区：UTC、+08:00、Asia/Shanghai',
      },
    },
    year: {
      type: 'string',
      value: 'YEAR',
      help: { en: 'year of the first record, for syslog', zh: '首条记录的年份，用于 syslog' },
    },
    'access-format': {
      type: 'string',
      value: 'FORMAT',
      help: {
        en: 'nginx log_format or Apache LogFormat of a custom log',
        zh: '自定义访问日志的 nginx log_format 或 Apache LogFormat',
      },
    },
    jsonl: {
      type: 'boolean',
      help: { en: 'one JSON object a line for each finding', zh: '每条发现输出一行 JSON' },
    },
    sarif: { type: 'boolean', help: { en: 'print SARIF 2.1.0', zh: '输出 SARIF 2.1.0' } },
    csv: { type: 'boolean', help: { en: 'print CSV', zh: '输出 CSV' } },
    ...commonOptions,
  },
  examples: [
    { line: 'detect /var/log', text: { en: 'every log of this server', zh: '本服务器的全部日志' } },
    {
      line: 'detect --rules ./sigma/rules C.evtx',
      text: { en: 'a Windows log by your own rules', zh: '用自有规则检测 Windows 日志' },
    },
    { line: 'detect - < app.jsonl', text: { en: 'from standard input', zh: '来自标准输入' } },
  ],
  run,
};
