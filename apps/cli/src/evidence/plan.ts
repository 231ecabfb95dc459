/** What a command line of `redoubt evidence collect` asks for. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type EvidencePlan, incidentTargets, type MemoryTarget, skippable } from '@redoubt/prove/evidence';
import { flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { sizeOption, timeOption } from '../options.ts';
import { stateDirectory } from '../recorder/open.ts';

const day = 86_400_000;

function memoryTarget(text: string): MemoryTarget {
  const [, pid, address] = /^([1-9]\d{0,9})(?:@(?:0x)?([0-9a-f]{1,13}))?$/i.exec(text) ?? [];
  if (pid === undefined) {
    throw new CommandError(ExitCode.usage, {
      en: `--memory must be a process id, or PID@ADDRESS for one mapping, not "${text}"`,
      zh: `--memory 必须是进程号，或用 进程号@地址 指定一个映射，而不是“${text}”`,
    });
  }
  return { pid: Number(pid), ...(address !== undefined && { region: Number.parseInt(address, 16) }) };
}

function skipped(invocation: Invocation): string[] {
  const names = textOptions(invocation.options, 'skip');
  for (const name of names) {
    if (!(skippable as readonly string[]).includes(name)) {
      throw new CommandError(ExitCode.usage, {
        en: `--skip must be one of ${skippable.join(', ')}, not "${name}"`,
        zh: `--skip 必须是 ${skippable.join('、')} 之一，而不是“${name}”`,
      });
    }
  }
  return names;
}

/** A named place that must be there. */
function placesOf(invocation: Invocation, name: string): string[] {
  return textOptions(invocation.options, name).map(path => {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return resolve(path);
    throw new CommandError(ExitCode.usage, {
      en: `--${name} ${path}: there is no such file`,
      zh: `--${name} ${path}：文件不存在`,
    });
  });
}

/** The folder of the flight recorder, when there is one. */
export function recordFolder(invocation: Invocation): string | undefined {
  const directory = stateDirectory(invocation);
  return [directory, join(directory, 'recorder')].find(one => existsSync(join(one, 'events.db')));
}

/** The record, where something cannot be done without one. */
export function requireRecord(invocation: Invocation): string {
  const record = recordFolder(invocation);
  if (record !== undefined) return record;
  const directory = stateDirectory(invocation);
  throw new CommandError(ExitCode.unavailable, {
    en: `There is no record in ${directory}, so no incident can be looked up; name the folder with --state`,
    zh: `${directory} 中没有记录，无法查找安全事件；请用 --state 指定目录`,
  });
}

/** The plan of a command line. @throws CommandError */
export function planOf(invocation: Invocation): EvidencePlan {
  const { options } = invocation;
  const now = Date.now();
  const since = timeOption(options, 'since', now);
  const incident = textOption(options, 'incident');
  const record = recordFolder(invocation);
  const targets = incident === undefined ? undefined : incidentTargets(requireRecord(invocation), incident);
  const memory = textOptions(options, 'memory').map(memoryTarget);
  const logs = placesOf(invocation, 'logs');
  const unique = new Map(
    [...memory, ...(targets?.memory ?? [])].map(one => [`${one.pid}@${one.region ?? ''}`, one]),
  );
  return {
    memory: [...unique.values()],
    ram: flag(options, 'ram'),
    from: since ?? targets?.from ?? now - day,
    to: targets === undefined ? now : Math.max(now, targets.to),
    ...(record !== undefined && { record }),
    ...(incident !== undefined && { incident }),
    logs: logs.length > 0 ? logs : ['/var/log'],
    files: [...new Set([...placesOf(invocation, 'file'), ...(targets?.files ?? [])])],
    suspicious: true,
    images: placesOf(invocation, 'image'),
    skip: skipped(invocation),
    fileLimit: sizeOption(options, 'file-limit') ?? 2 ** 30,
  };
}
