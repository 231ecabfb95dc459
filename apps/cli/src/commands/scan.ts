/** `redoubt scan`: judges the contents of files. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NoteKind } from '@redoubt/detect/scan';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption, stateOption } from '../options.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { launcher } from '../repository.ts';
import {
  printJson,
  printSarif,
  printTable,
  progressPart,
  progressText,
  type ScannedItem,
} from '../scan/output.ts';
import { deliver } from '../scan/record.ts';
import { installSchedule, removeSchedule } from '../scan/schedule.ts';
import { cacheFile, cpuShare, giveWay, scanEngines, scanLimits } from '../scan/settings.ts';
import { openQuarantine } from './quarantine.ts';

/** Exit statuses that differ from those of other commands; `redoubt help scan` documents them. */
const scanExit = { nothing: 0, found: 1, incomplete: 3 } as const;

/** Notes of files that no engine, or not every engine, has seen. */
const missed: ReadonlySet<NoteKind> = new Set(['unreadable', 'too-slow', 'too-complex', 'engine-failed']);

async function run(invocation: Invocation): Promise<number> {
  const { options } = invocation;
  if (flag(options, 'unschedule')) return await unschedule(invocation);
  const names = invocation.arguments;
  const wantsProcesses = flag(options, 'process');
  if (names.length === 0 && !wantsProcesses) {
    throw new CommandError(ExitCode.usage, {
      en: 'Name the files or folders to scan, or --process for the programs that run',
      zh: '请给出要扫描的文件或目录，或用 --process 扫描正在运行的程序',
    });
  }
  const paths = names.map(name => resolve(name));
  const missing = paths.find(path => !existsSync(path));
  if (missing !== undefined)
    throw new CommandError(ExitCode.usage, { en: `There is no ${missing}`, zh: `${missing} 不存在` });
  if (textOption(options, 'schedule') !== undefined) return await schedule(invocation, paths);
  return await scan(invocation, paths, wantsProcesses);
}

async function scan(invocation: Invocation, paths: readonly string[], processes: boolean): Promise<number> {
  const { options, output } = invocation;
  const share = cpuShare(invocation);
  const limits = scanLimits(invocation);
  const cache = cacheFile(invocation);
  const polite = giveWay();
  const { scanTree, findingOf, processImages } = await import('@redoubt/detect/scan');
  await polite;
  const { settings, clamd } = await scanEngines(invocation);
  const progress = new Progress(output);
  const items: ScannedItem[] = [];
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const report = await scanTree({
      paths,
      images: processes ? processImages() : [],
      engines: settings,
      limits,
      cpuShare: share,
      opens: !flag(options, 'no-containers'),
      exclude: textOptions(options, 'exclude').map(path => resolve(path)),
      ...(cache !== undefined && { cache }),
      ...(textOption(options, 'workers') !== undefined && {
        workers: numberOption(options, 'workers', { min: 1, max: 64, otherwise: 1 }),
      }),
      signal: stopped.signal,
      onProgress: now => progress.show(progressPart(now), () => progressText(now, output)),
      onVerdict: file => items.push({ file, finding: findingOf(file) }),
    }).catch((error: unknown) => {
      const words = error instanceof Error ? error.message : String(error);
      throw new CommandError(
        ExitCode.unavailable,
        { en: `The scan failed: ${words}`, zh: `扫描失败：${words}` },
        { cause: error },
      );
    });
    progress.end();
    if (flag(options, 'quarantine')) await quarantineFound(items, invocation);
    await deliver(items, report, invocation);
    if (flag(options, 'json')) printJson(items, report, output);
    else if (flag(options, 'sarif')) await printSarif(items, report, invocation);
    else printTable(items, report, invocation);
    if (report.stopped) output.remark({ en: 'Stopped early.', zh: '提前结束。' });
    if (report.malicious + report.suspicious > 0) return scanExit.found;
    const isMissed = items.some(({ file }) => file.verdict.notes.some(({ kind }) => missed.has(kind)));
    return report.unreadableCount > 0 || report.stopped || isMissed ? scanExit.incomplete : scanExit.nothing;
  } finally {
    progress.end();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    await clamd?.stop();
  }
}

/** Takes what is malicious out of its place; what cannot be taken is named. Members go with their container. */
async function quarantineFound(items: ScannedItem[], invocation: Invocation): Promise<void> {
  const quarantine = await openQuarantine(invocation);
  for (const [index, item] of items.entries()) {
    const { file, finding } = item;
    if (file.verdict.judged !== 'malicious' || finding === undefined || file.path.startsWith('/proc/'))
      continue;
    const reason = file.verdict.findings[0]?.signature;
    try {
      const { id } = quarantine.add(file.path, {
        by: 'scan',
        findings: [finding.finding_info.uid],
        ...(reason !== undefined && { reason }),
      });
      items[index] = { ...item, quarantined: id };
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      invocation.output.remark({
        en: `${safe(file.path)} could not be quarantined: ${words}`,
        zh: `${safe(file.path)} 无法隔离：${words}`,
      });
    }
  }
}

/** What a scan at set times takes over from the command that sets them. The service is started in another folder. */
const scheduled = {
  flags: ['process', 'quarantine', 'no-clamav', 'no-containers', 'no-cache'],
  texts: ['cpu', 'engines', 'max-size', 'workers'],
  places: ['exclude', 'rules', 'tlsh', 'clamav-database', 'clamd-config', 'state', 'socket'],
} as const;

async function schedule({ options, output }: Invocation, paths: readonly string[]): Promise<number> {
  const root = textOption(options, 'root') ?? '/';
  const calendar = textOption(options, 'schedule') ?? '';
  const given = (name: string): string[] => {
    const one = textOption(options, name);
    return one === undefined ? textOptions(options, name) : [one];
  };
  const words = [
    launcher,
    'scan',
    ...scheduled.flags.flatMap(name => (flag(options, name) ? [`--${name}`] : [])),
    ...scheduled.texts.flatMap(name => given(name).flatMap(value => [`--${name}`, value])),
    ...scheduled.places.flatMap(name => given(name).flatMap(value => [`--${name}`, resolve(value)])),
    '--',
    ...paths,
  ];
  await installSchedule(root, calendar, words);
  const undo = ['redoubt scan --unschedule', ...(root === '/' ? [] : [`--root ${root}`])].join(' ');
  output.print(
    output.say({
      en: `Scheduled (${calendar}). Take it away with: ${undo}`,
      zh: `已设定定时扫描（${calendar}）。移除：${undo}`,
    }),
  );
  return ExitCode.ok;
}

async function unschedule({ options, output }: Invocation): Promise<number> {
  const wasThere = await removeSchedule(textOption(options, 'root') ?? '/');
  output.print(
    wasThere
      ? output.say({ en: 'The schedule is gone.', zh: '定时扫描已移除。' })
      : output.say({ en: 'There was no schedule.', zh: '没有定时扫描。' }),
  );
  return ExitCode.ok;
}

export const scanCommand: Command = {
  name: 'scan',
  summary: { en: 'look for malware in files', zh: '在文件中查找恶意代码' },
  usage: [
    'scan [--json|--sarif] [--cpu 25%] [--rules PATH]… [--exclude PATH]… [--process] PATH…',
    'scan --schedule TIME PATH…',
    'scan --unschedule',
  ],
  details: {
    en: 'Engines: YARA-X, ClamAV where it is installed, digests of the indicator library, TLSH. Opens zip, tar, 7z, rar, deb,\nrpm, ISO, OLE, OOXML, PDF and others within limits. Unchanged files are not read again. See docs/en/scan.md.\nExits with 0: nothing found, 1: found, 2: wrong command line, 3: not everything could be read.',
    zh: '引擎：YARA-X、ClamAV（如已安装）、情报库摘要、TLSH。在限制内打开 zip、tar、7z、rar、deb、rpm、ISO、OLE、OOXML、\nPDF 等。未变化的文件不再读取。详见 docs/zh/scan.md。\n退出码：0 未发现，1 有发现，2 命令行有误，3 有内容无法读取。',
  },
  options: {
    rules: {
      type: 'string',
      short: 'r',
      value: 'PATH',
      multiple: true,
      help: {
        en: 'YARA rules besides those that ship (may be repeated)',
        zh: '自带规则之外的 YARA 规则（可重复）',
      },
    },
    engines: {
      type: 'string',
      value: 'LIST',
      help: { en: 'only these engines, separated by commas', zh: '仅使用这些引擎，以逗号分隔' },
    },
    tlsh: {
      type: 'string',
      value: 'FILE',
      help: { en: 'list of TLSH digests of known bad files', zh: '已知恶意文件的 TLSH 列表' },
    },
    'clamav-database': {
      type: 'string',
      value: 'DIR',
      help: { en: 'data base for a clamd of our own', zh: '自行启动的 clamd 所用特征库' },
    },
    'clamd-config': {
      type: 'string',
      value: 'FILE',
      help: {
        en: 'clamd.conf of the clamd to ask (default: the one that runs on this host)',
        zh: '所用 clamd 的 clamd.conf（默认为本机正在运行的 clamd）',
      },
    },
    'no-clamav': { type: 'boolean', help: { en: 'without ClamAV', zh: '不使用 ClamAV' } },
    'no-containers': { type: 'boolean', help: { en: 'do not open containers', zh: '不打开容器文件' } },
    'no-cache': { type: 'boolean', help: { en: 'read every file anew', zh: '重新读取全部文件' } },
    exclude: {
      type: 'string',
      short: 'x',
      value: 'PATH',
      multiple: true,
      help: {
        en: 'leave this out, with everything below (may be repeated)',
        zh: '排除该路径及其下全部内容（可重复）',
      },
    },
    'max-size': {
      type: 'string',
      value: 'MIB',
      help: {
        en: 'MiB of a content that are looked at (default: 128)',
        zh: '每个内容最多检查的 MiB（默认 128）',
      },
    },
    cpu: {
      type: 'string',
      value: 'SHARE',
      help: { en: 'part of all processors to use, such as 25%', zh: '可使用的处理器份额，如 25%' },
    },
    workers: {
      type: 'string',
      short: 'j',
      value: 'N',
      help: { en: 'scanning processes (default: one a processor)', zh: '扫描进程数（默认每处理器一个）' },
    },
    process: {
      type: 'boolean',
      help: { en: 'also the programs of running processes', zh: '同时扫描运行中进程的程序' },
    },
    schedule: {
      type: 'string',
      value: 'TIME',
      help: {
        en: 'scan at set times, by a systemd timer: daily, "Sun 03:00"',
        zh: '由 systemd 定时扫描：daily、"Sun 03:00"',
      },
    },
    unschedule: { type: 'boolean', help: { en: 'remove the timer', zh: '移除定时器' } },
    root: {
      type: 'string',
      value: 'DIR',
      help: {
        en: 'where the units of --schedule go (default: /)',
        zh: '--schedule 的单元所在根目录（默认 /）',
      },
    },
    quarantine: {
      type: 'boolean',
      help: { en: 'take malicious files out of their place', zh: '隔离恶意文件' },
    },
    sarif: { type: 'boolean', help: { en: 'print SARIF 2.1.0', zh: '输出 SARIF 2.1.0' } },
    ...stateOption,
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'scan /srv /home', text: { en: 'two folders', zh: '扫描两个目录' } },
    { line: 'scan --process', text: { en: 'what runs now', zh: '正在运行的程序' } },
    { line: 'scan --schedule daily --cpu 25% /', text: { en: 'every day, gently', zh: '每天低负载扫描' } },
  ],
  run,
};
