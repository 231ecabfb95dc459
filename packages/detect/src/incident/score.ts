/** How much an incident matters, 0 to 100, and why. */
import type { Affected, Incident, ScorePart } from '@redoubt/model';
import type { Member } from './member.ts';
import { inChainOrder, progress } from './story/tactics.ts';

/** Points of the highest severity: unknown, informational, low, medium, high, critical, fatal. */
const severityPoints = [0, 4, 10, 20, 32, 42, 45] as const;
const severityNames = {
  en: ['unknown', 'informational', 'low', 'medium', 'high', 'critical', 'fatal'],
  zh: ['未知', '信息', '低', '中', '高', '严重', '致命'],
} as const;
const most = { severity: 45, tactics: 25, assets: 10, privilege: 10, intelligence: 10 } as const;

/**
 * The score of an incident as the sum of its parts.
 * @param members in the order of their first events
 */
export function scoreOf(
  members: readonly Member[],
  affected: readonly Affected[],
): Incident['redoubt']['score'] {
  const parts = [
    severity(members),
    tactics(members),
    assets(affected),
    privilege(affected),
    intelligence(members),
  ];
  return {
    value: Math.min(
      100,
      parts.reduce((sum, part) => sum + part.points, 0),
    ),
    parts,
  };
}

function severity(members: readonly Member[]): ScorePart {
  const highest = Math.min(6, Math.max(0, ...members.map(member => member.severity)));
  return {
    name: 'severity',
    points: severityPoints[highest] ?? 0,
    max: most.severity,
    text: {
      en: `The gravest of ${members.length} findings is ${severityNames.en[highest]}`,
      zh: `${members.length} 项告警中最高级别为“${severityNames.zh[highest]}”`,
    },
  };
}

function tactics(members: readonly Member[]): ScorePart {
  const inTime = members.flatMap(member => member.attacks.map(({ tactic }) => tactic));
  const different = inChainOrder(inTime).length;
  const along = progress(inTime.map(({ uid }) => uid));
  const points = Math.max(0, different - 1) * 4 + Math.max(0, along - 1) * 3;
  return {
    name: 'tactics',
    points: Math.min(points, most.tactics),
    max: most.tactics,
    text: {
      en: `${different} different tactics, ${along} of them in the order of an attack`,
      zh: `涉及 ${different} 种战术，其中 ${along} 种按攻击链顺序出现`,
    },
  };
}

function assets(affected: readonly Affected[]): ScorePart {
  const hosts = affected.filter(({ type }) => type === 'host').length;
  const others = affected.filter(({ type }) => type === 'container' || type === 'service').length;
  return {
    name: 'assets',
    points: Math.min(Math.max(0, hosts - 1) * 4 + others, most.assets),
    max: most.assets,
    text: {
      en: `${hosts} hosts, ${others} containers and services`,
      zh: `${hosts} 台主机，${others} 个容器和服务`,
    },
  };
}

function privilege(affected: readonly Affected[]): ScorePart {
  const names = affected.filter(({ privileged }) => privileged).map(({ name }) => name);
  const shown = names.slice(0, 3);
  return {
    name: 'privilege',
    points: names.length > 0 ? most.privilege : 0,
    max: most.privilege,
    text:
      names.length > 0
        ? { en: `Privileged accounts: ${shown.join(', ')}`, zh: `特权账号：${shown.join('、')}` }
        : { en: 'No privileged account', zh: '没有特权账号' },
  };
}

function intelligence(members: readonly Member[]): ScorePart {
  const hits = members.filter(member => member.facts.intelligence).length;
  return {
    name: 'intelligence',
    points: Math.min(hits * 5, most.intelligence),
    max: most.intelligence,
    text: { en: `${hits} hits of threat intelligence`, zh: `威胁情报命中 ${hits} 项` },
  };
}
