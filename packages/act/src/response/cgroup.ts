/**
 * Control groups of containers and units. Version 2: kernel, Documentation/admin-guide/cgroup-v2.rst, "Core Interface
 * Files"; version 1: admin-guide/cgroup-v1/freezer-subsystem.rst.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual } from '@redoubt/model';
import { refused } from './action.ts';
import { TargetReader } from './target.ts';

export interface GroupTarget {
  /** Id of the container, or name of the unit. */
  readonly name: string;
}

/** Where control groups stand. */
export interface GroupParts {
  readonly roots?: readonly string[];
}

/** What a group is the group of. */
export interface GroupSort {
  readonly member: 'container' | 'unit';
  readonly what: Bilingual;
  readonly pattern: RegExp;
  /** Whether a folder is the one of a name. */
  readonly matches: (folder: string, name: string) => boolean;
}

/** Version 2 alone, version 2 beside version 1, version 1. */
export const usualRoots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/freezer'];
/** Groups that are looked through, at most: a host with many containers has thousands. */
const groupLimit = 100_000;

/** Their folders are called docker-ID.scope, cri-containerd-ID.scope, or by the id alone. */
export const containers: GroupSort = {
  member: 'container',
  what: { en: 'container', zh: '容器' },
  pattern: /^[0-9a-f]{12,64}$/,
  matches: (folder, id) =>
    folder
      .replace(/\.scope$/, '')
      .split('-')
      .at(-1)
      ?.startsWith(id) ?? false,
};

export const units: GroupSort = {
  member: 'unit',
  what: { en: 'unit', zh: '单元' },
  pattern: /^[A-Za-z0-9:_.@\\-]{1,255}\.(service|scope|slice)$/,
  matches: (folder, name) => folder === name,
};

/** Stopping these stops the host or us. */
const untouchable = [
  'init.scope',
  'system.slice',
  'user.slice',
  'machine.slice',
  '-.slice',
  'systemd-journald.service',
  'dbus.service',
];

/** The members of a target, for help. */
export function describeOf({ member }: GroupSort): Bilingual {
  return { en: `${member}: id or name`, zh: `${member}：编号或名称` };
}

/** @throws ActionError `bad_target` */
export function parseGroup(given: unknown, { member, what, pattern }: GroupSort): GroupTarget {
  const target = new TargetReader(given, [member]);
  const name = target.text(member, 300);
  if (!pattern.test(name)) target.fail(member, `is no ${what.en}: ${name}`, `不是${what.zh}：${name}`);
  return { name };
}

/** @throws ActionError `refused` for what the host or we do not live without */
export function requireTouchable({ what }: GroupSort, name: string): void {
  if (untouchable.includes(name))
    throw refused(
      `${what.en} ${name} holds Redoubt or the system itself`,
      `${what.zh} ${name} 中运行着 Redoubt 或系统本身`,
    );
}

/** The folder of a group. @throws ActionError `refused` when there is none, or it must be left alone */
export function findGroup(sort: GroupSort, { name }: GroupTarget, roots: readonly string[]): string {
  const { what, matches } = sort;
  const folder = roots.flatMap(root => groupsBelow(root, one => matches(one, name)))[0];
  if (folder === undefined)
    throw refused(`there is no ${what.en} ${name} here`, `本机没有${what.zh} ${name}`);
  requireTouchable(sort, name);
  if (isAround(folder, roots))
    throw refused(`${what.en} ${name} holds Redoubt itself`, `${what.zh} ${name} 中运行着 Redoubt 本身`);
  return folder;
}

function groupsBelow(root: string, matches: (name: string) => boolean): string[] {
  const found: string[] = [];
  const open = [root];
  for (let seen = 0; open.length > 0 && seen < groupLimit; seen++) {
    const folder = open.pop() ?? root;
    let names: string[] = [];
    try {
      names = foldersIn(folder);
    } catch {
      continue;
    }
    for (const name of names) {
      const path = join(folder, name);
      if (matches(name) && isFreezable(path)) found.push(path);
      open.push(path);
    }
  }
  return found;
}

function isFreezable(folder: string): boolean {
  return existsSync(join(folder, 'cgroup.freeze')) || existsSync(join(folder, 'freezer.state'));
}

/** Whether this process is in the group or below it. */
function isAround(folder: string, roots: readonly string[]): boolean {
  const ours = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .map(line => line.split(':').slice(2).join(':'));
  return roots.some(root => ours.some(path => `${join(root, path)}/`.startsWith(`${folder}/`)));
}

/** Processes of a group and of those below it; none when it is gone. */
export function pidsOf(folder: string): number[] {
  try {
    const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    const below = foldersIn(folder).flatMap(name => pidsOf(join(folder, name)));
    return [...own, ...below];
  } catch {
    return [];
  }
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(one => (one.isDirectory() ? [one.name] : []));
}

/** Whether every task of a group has come to a stop. */
export function isFrozen(folder: string): boolean {
  const old = join(folder, 'freezer.state');
  if (existsSync(old)) return readFileSync(old, 'utf8').trim() === 'FROZEN';
  return /^frozen 1$/m.test(readFileSync(join(folder, 'cgroup.events'), 'utf8'));
}

/** Has the kernel stop a group, or lets it go on. Version 2: `cgroup.freeze`; version 1: `freezer.state`. */
export function setFrozen(folder: string, isToFreeze: boolean): void {
  const old = join(folder, 'freezer.state');
  if (existsSync(old)) writeFileSync(old, isToFreeze ? 'FROZEN' : 'THAWED');
  else writeFileSync(join(folder, 'cgroup.freeze'), isToFreeze ? '1' : '0');
}
