/** `redoubt detect`: judge log files by Sigma rules, without an agent. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { FileReport, InputProblem, OfflineFinding, OfflineResult } from '@redoubt/detect/offline';
import type { LogFormat } from '@redoubt/observe/log';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, timeOption } from '../options.ts';
import { csvLine } from '../output/csv.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { bytes, dateTime, severityName } from '../output/values.ts';
import { repository } from '../repository.ts';
import { redoubtVersion } from './version.ts';

/** Exit statuses that differ from those of other commands; `redoubt help detect` documents them. */
const detectExit = { nothing: 0, found: 1, damaged: 3 } as const;

const shippedRules = join(repository, 'content/rules');
const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const;
/** Findings that a table or a SARIF log shows; the other outputs stream and have no such bound. */
const shownLimit = 10_000;
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

type Shape = 'table' | 'json' | 'jsonl' | 'sarif' | 'csv';

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
    const found = await show(result, problems, shape, severity, invocation);
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

/** Writes the result. @returns how many findings there are */
async function show(
  result: OfflineResult,
  problems: readonly InputProblem[],
  shape: Shape,
  severity: number,
  invocation: Invocation,
): Promise<number> {
  const { output, language } = invocation;
  const { gathering, reports, rules } = result;
  const nameOf = ({ place }: OfflineFinding): string => reports[place.file]?.name ?? '';
  const summary = summaryOf(result, problems);
  let found = 0;
  const each = (write: (finding: OfflineFinding) => void): void => {
    for (const finding of gathering.findings(severity)) {
      found += 1;
      write(finding);
    }
  };
  const asData = (one: OfflineFinding) => ({ ...one.finding, source: { ...one.place, file: nameOf(one) } });
  if (shape === 'jsonl') {
    each(one => output.json(asData(one)));
  } else if (shape === 'json') {
    // Written piece by piece: the findings need not fit in memory.
    output.write('{"findings":[');
    each(one => output.write(`${found > 1 ? ',' : ''}\n${JSON.stringify(asData(one))}`));
    output.write(
      `\n],"files":${JSON.stringify(reports)},"summary":${JSON.stringify({ ...summary, found })}}\n`,
    );
  } else if (shape === 'csv') {
    output.print(csvLine(['level', 'count', 'first', 'last', 'rule', 'file', 'line', 'title', 'reasons']));
    each(one => output.print(csvLine(csvCells(one, nameOf(one), language))));
  } else if (shape === 'sarif') {
    const { sarifOf } = await import('@redoubt/detect/offline');
    const version = await redoubtVersion();
    const findings: OfflineFinding[] = [];
    each(one => {
      if (findings.length < shownLimit) findings.push(one);
    });
    output.json(
      sarifOf({ version, language, findings, rules: [...rules.rules, ...rules.correlations], reports }),
    );
  } else showTable(result, severity, invocation, count => (found = count));
  if (shape !== 'table' || found > 0) remarkCut(shape, found, invocation);
  remarks(result, problems, summary, found, invocation);
  return found;
}

function csvCells({ finding, place }: OfflineFinding, file: string, language: 'en' | 'zh') {
  const { analytic, first_seen_time, last_seen_time } = finding.finding_info;
  return [
    levels[finding.severity_id - 1] ?? '',
    finding.count,
    new Date(first_seen_time).toISOString(),
    new Date(last_seen_time).toISOString(),
    analytic.uid,
    file,
    place.line,
    finding.redoubt.title[language],
    finding.redoubt.reasons.map(reason => reason.text[language]).join('; '),
  ];
}

function showTable(
  { gathering, reports }: OfflineResult,
  severity: number,
  { output }: Invocation,
  count: (found: number) => void,
): void {
  const rows: string[][] = [];
  let found = 0;
  for (const { finding, place } of gathering.findings(severity)) {
    found += 1;
    if (rows.length >= shownLimit) continue;
    rows.push([
      severityName(finding.severity_id, output),
      String(finding.count),
      dateTime(finding.finding_info.first_seen_time),
      safe(finding.finding_info.analytic.uid),
      safe(`${reports[place.file]?.name ?? ''}:${place.line}`),
      safe(output.say(finding.redoubt.title)),
    ]);
  }
  count(found);
  if (found === 0) {
    output.print(output.say({ en: 'Nothing found.', zh: '未发现异常。' }));
    return;
  }
  const headings = output
    .say({ en: 'LEVEL|COUNT|FIRST|RULE|WHERE|TITLE', zh: '级别|次数|首次|规则|位置|标题' })
    .split('|');
  const columns = headings.map((heading, index) =>
    index === 5 ? { heading, elastic: true as const } : { heading },
  );
  output.print(...table(columns, rows, output.columns));
}

function remarkCut(shape: Shape, found: number, { output }: Invocation): void {
  if ((shape !== 'table' && shape !== 'sarif') || found <= shownLimit) return;
  output.remark({
    en: `Note: only the ${shownLimit} gravest of ${found} findings are shown; --jsonl gives all.`,
    zh: `注意：共 ${found} 条发现，仅显示最严重的 ${shownLimit} 条；使用 --jsonl 可得到全部。`,
  });
}

function summaryOf({ reports, rules, milliseconds }: OfflineResult, problems: readonly InputProblem[]) {
  const sum = (value: (report: FileReport) => number): number =>
    reports.reduce((total, report) => total + value(report), 0);
  const seconds = milliseconds / 1000;
  const records = sum(report => report.records);
  return {
    files: reports.length,
    skipped: reports.filter(report => report.skipped === true).length,
    records,
    bytes: sum(report => report.bytes),
    damagedPlaces: sum(report => report.damage.count),
    damagedBytes: sum(report => report.damage.bytes),
    unreadable: reports.filter(report => report.error !== undefined).length + problems.length,
    rules: rules.report.loaded,
    refusedRules: rules.report.refused.length,
    milliseconds: Math.round(milliseconds),
    recordsPerSecond: Math.round(records / Math.max(seconds, 0.001)),
  };
}

/** Tells on standard error what was read, what was damaged, and what was left out. */
function remarks(
  { reports, gathering, rules }: OfflineResult,
  problems: readonly InputProblem[],
  summary: ReturnType<typeof summaryOf>,
  found: number,
  { output }: Invocation,
): void {
  for (const { path, reason } of problems) output.remark(same(`${path}: ${reason}`));
  for (const { name, error, damage, skipped } of reports) {
    if (error !== undefined) output.remark(same(error.startsWith(name) ? error : `${name}: ${error}`));
    if (skipped === true) {
      output.remark({
        en: `${safe(name)}: left out, no known log`,
        zh: `${safe(name)}：已跳过，不是已知日志`,
      });
    }
    if (damage.count === 0) continue;
    output.remark({
      en: `${safe(name)}: ${damage.count} damaged places, ${damage.bytes} bytes passed over; first: ${safe(damage.places[0] ?? '')}`,
      zh: `${safe(name)}：${damage.count} 处损坏，跳过 ${damage.bytes} 字节；首处：${safe(damage.places[0] ?? '')}`,
    });
  }
  const { losses } = gathering;
  if (losses.groups + losses.sightings > 0) {
    output.remark({
      en: `Correlations had to let go of ${losses.groups} groups and ${losses.sightings} events`,
      zh: `关联分析因超出上限放弃了 ${losses.groups} 个分组和 ${losses.sightings} 个事件`,
    });
  }
  const { records, files, recordsPerSecond, refusedRules } = summary;
  const refused = rules.report.refused.length > 0;
  output.remark({
    en: `${found} findings in ${records} records of ${files} files by ${summary.rules} rules${refused ? ` (${refusedRules} refused)` : ''}; ${recordsPerSecond} records/s`,
    zh: `${files} 个文件共 ${records} 条记录，${summary.rules} 条规则${refused ? `（${refusedRules} 条被拒绝）` : ''}，发现 ${found} 条；每秒 ${recordsPerSecond} 条记录`,
  });
}

function same(text: string): { en: string; zh: string } {
  return { en: safe(text), zh: safe(text) };
}

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
