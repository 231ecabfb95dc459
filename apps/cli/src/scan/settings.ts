/** What `redoubt scan` works with: engines, limits and places, from the command line. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { defaultStateDirectory } from '@redoubt/agent/options';
import type { Clamd, EngineSettings, ScanLimits } from '@redoubt/detect/scan';
import { flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { numberOption } from '../options.ts';
import { repository } from '../repository.ts';

const mebibyte = 2 ** 20;
/** Politer than every ordinary program. */
const politeness = 10;

/** The engines that a scan asks for, and what has to be ended after it. */
export interface ScanEngines {
  readonly settings: EngineSettings;
  readonly clamd: Clamd | undefined;
}

/** Finds rules, indicators and clamd. @throws CommandError naming what was asked for and is not there */
export async function scanEngines({ options }: Invocation): Promise<ScanEngines> {
  const { engineNames, openClamd } = await import('@redoubt/detect/scan');
  const only = textOption(options, 'engines')?.split(',');
  const unknown = only?.find(name => !engineNames.includes(name));
  if (unknown !== undefined) {
    throw new CommandError(ExitCode.usage, {
      en: `"${unknown}" is not an engine; there are: ${engineNames.join(', ')}`,
      zh: `“${unknown}”不是引擎；可用的有：${engineNames.join('、')}`,
    });
  }
  const rules = textOptions(options, 'rules').map(path => resolve(path));
  const missing = rules.find(path => !existsSync(path));
  if (missing !== undefined) {
    throw new CommandError(ExitCode.usage, {
      en: `There are no rules at ${missing}`,
      zh: `${missing} 处没有规则`,
    });
  }
  const state = stateDirectory(options);
  const indicators = join(state, 'indicators.bin');
  const model = join(await contentFolder(state, 'models'), 'static.json');
  const fuzzyHashes = textOption(options, 'tlsh');
  const wantsClamav = only === undefined ? !flag(options, 'no-clamav') : only.includes('clamav');
  const database = textOption(options, 'clamav-database');
  const configuration = textOption(options, 'clamd-config');
  const clamd = wantsClamav
    ? await openClamd({
        ...(configuration !== undefined && { configuration: resolve(configuration) }),
        ...(database !== undefined && { database: resolve(database) }),
      }).catch(noClamd)
    : undefined;
  if (clamd === undefined && (only?.includes('clamav') === true || database !== undefined)) {
    throw new CommandError(ExitCode.unavailable, {
      en: 'ClamAV is not installed here, or has no data base (Debian: apt install clamav-daemon clamav-freshclam)',
      zh: '本机未安装 ClamAV，或没有特征库（Debian：apt install clamav-daemon clamav-freshclam）',
    });
  }
  return {
    clamd,
    settings: {
      yaraRules: [await contentFolder(state, 'yara'), ...rules],
      ...(existsSync(model) && { model }),
      ...(clamd !== undefined && { clamdSocket: clamd.socket }),
      ...(clamd?.most !== undefined && { clamdMost: clamd.most }),
      ...(existsSync(indicators) && { indicators }),
      ...(fuzzyHashes !== undefined && { fuzzyHashes: resolve(fuzzyHashes) }),
      ...(only !== undefined && { only }),
    },
  };
}

function noClamd(error: unknown): never {
  const words = error instanceof Error ? error.message : String(error);
  const text = { en: `ClamAV cannot be asked: ${words}`, zh: `无法使用 ClamAV：${words}` };
  throw new CommandError(ExitCode.unavailable, text, { cause: error });
}

/** What an update has put in force, else what ships. Hosts without updates need not load what knows them. */
async function contentFolder(state: string, name: string): Promise<string> {
  if (!existsSync(join(state, 'content/current'))) return join(repository, 'content', name);
  return (await import('@redoubt/agent/content')).contentFolder(state, name);
}

function stateDirectory(options: Invocation['options']): string {
  return textOption(options, 'state') ?? defaultStateDirectory();
}

/** Limits that differ from the usual ones. */
export function scanLimits({ options }: Invocation): Partial<ScanLimits> {
  if (textOption(options, 'max-size') === undefined) return {};
  return {
    contentBytes: numberOption(options, 'max-size', { min: 1, max: 1_024, otherwise: 128 }) * mebibyte,
  };
}

/** The part of all processors that `--cpu 25%` allows; 1 without it. */
export function cpuShare({ options }: Invocation): number {
  const text = textOption(options, 'cpu');
  if (text === undefined) return 1;
  const [, number] = /^(\d{1,3})%?$/.exec(text) ?? [];
  const share = Number(number) / 100;
  if (share > 0 && share <= 1) return share;
  throw new CommandError(ExitCode.usage, {
    en: `--cpu must be a part of all processors from 1% to 100%, not "${text}"`,
    zh: `--cpu 必须是 1% 到 100% 的处理器份额，而不是“${text}”`,
  });
}

/** File of the verdict cache; undefined when none is wanted or none can be had. */
export function cacheFile({ options }: Invocation): string | undefined {
  if (flag(options, 'no-cache')) return undefined;
  const folder = join(stateDirectory(options), 'scan');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return join(folder, 'verdicts');
  } catch {
    return undefined;
  }
}

/** Gives way to every other program, in processor time and at the disk. Processes that start later inherit it. */
export async function giveWay(): Promise<void> {
  setPriority(politeness);
  try {
    await promisify(execFile)('ionice', ['-c', '3', '-p', String(process.pid)]);
  } catch {
    // Without util-linux, or where it is not allowed, processor time alone has to do.
  }
}
