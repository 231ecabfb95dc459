/** Mounts of the host, from /proc/self/mountinfo (proc_pid_mountinfo(5)). */
import { readFileSync } from 'node:fs';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { Host } from '../host.ts';
import { keyOfText } from '../text-key.ts';
import { inventoryTitles } from '../titles.ts';
import { judgement, reason, titled } from './judgement.ts';

/** A mount. */
export interface Mount {
  /** Path of the mounted folder within its file system. */
  readonly root: string;
  readonly target: string;
  /** Options of the mount and of the file system that matter. */
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
}

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Mounts of mountinfo text, in its order: of two on one place the later one is seen. */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n', 65_536).flatMap(line => {
    const [own, filesystem] = line.split(' - ', 2);
    const [, , , root, target, options] = own?.split(' ') ?? [];
    const [type, source = '', more = ''] = filesystem?.split(' ') ?? [];
    if (root === undefined || target === undefined || type === undefined) return [];
    const all = new Set([...(options ?? '').split(','), ...more.split(',')]);
    return [
      {
        root: unescaped(root),
        target: unescaped(target),
        options: [...all].filter(Boolean),
        type,
        source: unescaped(source),
      },
    ];
  });
}

const protections = ['ro', 'nosuid', 'nodev', 'noexec'];
/** File systems that come and go by themselves. */
const fleeting =
  /^\/(?:run\/(?:user|credentials|docker|containerd|netns)|var\/lib\/(?:docker|containerd|kubelet|containers)|snap|proc\/sys\/fs\/binfmt_misc)(?:\/|$)/;

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  if (!new Host(options).isLive) return;
  const last = new Map(
    parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')).map(mount => [mount.target, mount]),
  );
  for (const { root, target, options: words, type, source } of last.values()) {
    if (fleeting.test(target)) continue;
    yield {
      key: keyOfText(target),
      facts: {
        source: keyOfText(source),
        root: keyOfText(root),
        type,
        protections: protections.filter(one => words.includes(one)).join(','),
      },
    };
  }
}

function judge(change: StateChange): DriftJudgement | undefined {
  const { facts } = change.kind === 'removed' ? change.before : change.after;
  const reasons = [];
  let severity = change.kind === 'removed' ? 2 : 3;
  const overProcess = /^\/proc\/\d+(?:\/|$)/.test(change.key);
  if (overProcess && change.kind !== 'removed') {
    severity = 5;
    reasons.push(
      reason(
        'target',
        change.key,
        'it stands over a process in /proc and hides it',
        '挂载在 /proc 的进程目录之上，隐藏了该进程',
      ),
    );
  }
  if (change.kind === 'changed') {
    const lost = protections.filter(
      one =>
        String(change.before.facts['protections']).split(',').includes(one) &&
        !String(facts['protections']).split(',').includes(one),
    );
    if (lost.length > 0) {
      severity = 4;
      reasons.push(
        reason(
          'protections',
          facts['protections'],
          `it has lost ${lost.join(', ')}`,
          `失去了挂载保护 ${lost.join('、')}`,
        ),
      );
    }
  }
  return judgement(change, {
    severity,
    reasons,
    title: titled(change, { en: `mount ${change.key}`, zh: `挂载 ${change.key}` }),
    tags: overProcess
      ? ['attack.defense-evasion', 'attack.t1564', 'attack.t1014']
      : ['attack.defense-evasion', 'attack.t1564'],
    mlps: ['8.1.4.4'],
  });
}

export const mountsCollector: Collector = {
  name: 'mounts',
  title: inventoryTitles.mounts,
  collect,
  judge,
};
