/** Services: what runs for long, by program, user and unit. Several processes of one service are one entry. */
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { Host } from '../host.ts';
import { keyOfText } from '../text-key.ts';
import { inventoryTitles } from '../titles.ts';
import { judgement, reason, titled } from './judgement.ts';
import { runningProcesses } from './processes.ts';

/** The unit that a cgroup path names; empty for sessions and what runs outside any. */
export function unitOf(cgroup: string): string {
  return cgroup.split('/').findLast(part => part.endsWith('.service')) ?? '';
}

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  const host = new Host(options);
  if (!host.isLive) return;
  const seen = new Map<string, { program: string; user: string; unit: string; isDeleted: boolean }>();
  for (const { program, uid, cgroup, isDeleted } of runningProcesses()) {
    const unit = unitOf(cgroup);
    // What a person runs in a session is no service.
    if (program === '' || (unit === '' && /\.scope(?:\/|$)/.test(cgroup))) continue;
    const user = host.userName(uid);
    const key = `${unit === '' ? 'process' : unit}:${user}:${keyOfText(program)}`;
    const known = seen.get(key);
    seen.set(key, { program, user, unit, isDeleted: isDeleted || (known?.isDeleted ?? false) });
  }
  for (const [key, { program, user, unit, isDeleted }] of seen) {
    const owner = await host.packageOf(program);
    yield { key, facts: { program, user, unit, deleted: isDeleted, package: owner } };
  }
}

function judge(change: StateChange): DriftJudgement | undefined {
  // That a service does not run at this moment is nothing to alarm anybody about.
  if (change.kind === 'removed') return undefined;
  const { facts } = change.after;
  const program = String(facts['program']);
  const reasons = [];
  let severity = 2;
  if (facts['package'] === null) {
    severity = 3;
    reasons.push(reason('package', '', `no package owns ${program}`, `${program} 不属于任何软件包`));
  }
  if (/^\/(?:tmp|var\/tmp|dev\/shm)\/|^\/memfd:/.test(program)) {
    severity = 4;
    reasons.push(
      reason(
        'program',
        program,
        'it runs from a folder that everybody can write to, or from memory',
        '从所有人可写的目录或内存中运行',
      ),
    );
  }
  if (facts['deleted'] === true)
    reasons.push(reason('deleted', true, 'the file that it runs has been removed', '其程序文件已被删除'));
  return judgement(change, {
    severity,
    reasons,
    title: titled(change, {
      en: `service ${program} as ${facts['user']}`,
      zh: `服务 ${program}（用户 ${facts['user']}）`,
    }),
    tags: ['attack.persistence', 'attack.t1543.002'],
    mlps: ['8.1.4.4'],
  });
}

export const servicesCollector: Collector = {
  name: 'services',
  title: inventoryTitles.services,
  collect,
  judge,
};
