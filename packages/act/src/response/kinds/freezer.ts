/**
 * Freezing a container or a unit: the kernel stops every task of a control group and those that it will ever get.
 * Version 2: `cgroup.freeze` and `cgroup.events` (kernel, Documentation/admin-guide/cgroup-v2.rst, "Core Interface
 * Files"); version 1: `freezer.state` (admin-guide/cgroup-v1/freezer-subsystem.rst).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bilingual } from '@redoubt/model';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { TargetReader } from '../target.ts';

interface FreezeTarget {
  /** Id of the container, or name of the unit. */
  readonly name: string;
}

interface Frozen {
  readonly folder: string;
  readonly wasFrozen: boolean;
}

/** Where control groups stand. */
export interface FreezerParts {
  readonly roots?: readonly string[];
}

/** Version 2 alone, version 2 beside version 1, version 1. */
const usualRoots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/freezer'];
/** Groups that are looked through, at most: a host with many containers has thousands. */
const groupLimit = 100_000;
const looks = 250;
const pause = 20;

/** The kind `freeze-container`. */
export function freezeContainer(parts: FreezerParts = {}): ActionKind {
  return freezing(parts, {
    name: 'freeze-container',
    member: 'container',
    title: { en: 'Freeze a container', zh: '冻结容器' },
    what: { en: 'container', zh: '容器' },
    pattern: /^[0-9a-f]{12,64}$/,
    // docker-ID.scope, cri-containerd-ID.scope, or the id alone.
    matches: (folder, id) =>
      folder
        .replace(/\.scope$/, '')
        .split('-')
        .at(-1)
        ?.startsWith(id) ?? false,
  });
}

/** The kind `freeze-unit`. */
export function freezeUnit(parts: FreezerParts = {}): ActionKind {
  return freezing(parts, {
    name: 'freeze-unit',
    member: 'unit',
    title: { en: 'Freeze a unit', zh: '冻结服务单元' },
    what: { en: 'unit', zh: '单元' },
    pattern: /^[A-Za-z0-9:_.@\\-]{1,255}\.(service|scope|slice)$/,
    matches: (folder, name) => folder === name,
  });
}

/** Freezing these stops the host or us. */
const untouchable = [
  'init.scope',
  'system.slice',
  'user.slice',
  'machine.slice',
  '-.slice',
  'systemd-journald.service',
  'dbus.service',
];

function freezing(
  { roots = usualRoots }: FreezerParts,
  words: {
    name: string;
    member: string;
    title: Bilingual;
    what: Bilingual;
    pattern: RegExp;
    matches: (folder: string, name: string) => boolean;
  },
): ActionKind {
  const { member, what } = words;
  const find = ({ name }: FreezeTarget): string => {
    const folder = roots.flatMap(root => groupsBelow(root, one => words.matches(one, name)))[0];
    if (folder === undefined)
      throw refused(`there is no ${what.en} ${name} here`, `本机没有${what.zh} ${name}`);
    if (untouchable.includes(name) || isAround(folder, roots))
      throw refused(
        `${what.en} ${name} holds Redoubt or the system itself`,
        `${what.zh} ${name} 中运行着 Redoubt 或系统本身`,
      );
    return folder;
  };
  const kind: ActionKind<FreezeTarget, Frozen> = {
    name: words.name,
    title: words.title,
    describe: { en: `${member}: id or name`, zh: `${member}：编号或名称` },
    afterCrash: 'undo',
    parse(given) {
      const target = new TargetReader(given, [member]);
      const name = target.text(member, 300);
      if (!words.pattern.test(name))
        target.fail(member, `is no ${what.en}: ${name}`, `不是${what.zh}：${name}`);
      return { name };
    },
    key: ({ name }) => name,
    text: ({ name }) => ({ en: `freeze ${what.en} ${name}`, zh: `冻结${what.zh} ${name}` }),
    async plan(target) {
      const count = pidsOf(find(target));
      return {
        does: [
          { en: `all its ${count} processes stop where they are`, zh: `其全部 ${count} 个进程就地停止` },
        ],
        leaves: [{ en: 'memory, files and connections stay as they are', zh: '内存、文件和连接保持原样' }],
        undo: { en: 'it is thawed and goes on', zh: '解冻后继续运行' },
      };
    },
    async prepare(target) {
      const folder = find(target);
      return { folder, wasFrozen: isFrozen(folder) };
    },
    async apply(_, { folder }) {
      set(folder, true);
    },
    async verify({ name }, { folder }) {
      for (let look = 0; look < looks; look++) {
        if (isFrozen(folder)) return;
        await wait(pause);
      }
      throw notInForce(`${name} has not come to a stop`, `${name} 未能停止`);
    },
    async undo(_, { folder, wasFrozen }) {
      // A group that is gone has taken its tasks with it.
      if (!wasFrozen && existsSync(folder)) set(folder, false);
    },
  };
  return kind as unknown as ActionKind;
}

function groupsBelow(root: string, matches: (name: string) => boolean): string[] {
  const found: string[] = [];
  const open = [root];
  for (let seen = 0; open.length > 0 && seen < groupLimit; seen++) {
    const folder = open.pop() ?? root;
    let names: string[] = [];
    try {
      names = readdirSync(folder, { withFileTypes: true }).flatMap(one =>
        one.isDirectory() ? [one.name] : [],
      );
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

function pidsOf(folder: string): number {
  return readFileSync(join(folder, 'cgroup.procs'), 'utf8')
    .split('\n')
    .filter(line => line !== '').length;
}

function isFrozen(folder: string): boolean {
  const old = join(folder, 'freezer.state');
  if (existsSync(old)) return readFileSync(old, 'utf8').trim() === 'FROZEN';
  return /^frozen 1$/m.test(readFileSync(join(folder, 'cgroup.events'), 'utf8'));
}

function set(folder: string, isToFreeze: boolean): void {
  const old = join(folder, 'freezer.state');
  if (existsSync(old)) writeFileSync(old, isToFreeze ? 'FROZEN' : 'THAWED');
  else writeFileSync(join(folder, 'cgroup.freeze'), isToFreeze ? '1' : '0');
}
