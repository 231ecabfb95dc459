/** What a policy would have blocked in a past period, grouped as a person would decide about it. */
import type { Impact, ImpactGroup } from '@redoubt/model';
import type { Period } from '../ladder/protection.ts';
import { type Flow, flowKinds, flowOf } from './flow.ts';
import { SegmentJudge } from './judge.ts';
import type { SegmentationPolicy, SegmentRule } from './policy.ts';

const groupsTold = 500;
/** Groups that are followed; connections of further ones are counted as blocked without a group. */
const groupsKept = 20_000;

interface Group {
  readonly flow: Flow;
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  count: number;
  last: number;
}

/** Goes through the recorded connections. */
export async function segmentationImpact(
  policy: SegmentationPolicy,
  { reader, from, to, signal, onProgress }: Period,
  ownNamespace?: number,
): Promise<Impact> {
  const judge = new SegmentJudge(policy);
  const groups = new Map<string, Group>();
  const tally = { events: 0, examined: 0, blocked: 0, unreadable: 0, ungrouped: 0 };
  const onDamage = ({ count }: { count: number }) => {
    tally.unreadable += count;
  };
  for await (const event of reader.events({ from, to, kinds: flowKinds, signal, onDamage })) {
    if (++tally.events % 1000 === 0) onProgress(tally.events);
    const flow = flowOf(event, ownNamespace);
    if (flow === undefined) continue;
    tally.examined += flow.count;
    const decision = judge.judge(flow);
    if (decision.allowed) continue;
    tally.blocked += flow.count;
    const peer = flow.direction === 'in' ? flow.source : flow.destination;
    const key = [
      flow.direction,
      decision.from,
      decision.to,
      peer,
      flow.protocol,
      flow.port,
      flow.program,
    ].join(' ');
    const known = groups.get(key);
    if (known !== undefined) {
      known.count += flow.count;
      known.last = flow.last;
    } else if (groups.size < groupsKept) {
      const { sequence } = event;
      const { from, to } = decision;
      groups.set(key, { flow, from, to, sequence, count: flow.count, last: flow.last });
    } else tally.ungrouped++;
  }
  const largest = [...groups].sort(([, a], [, b]) => b.count - a.count);
  return {
    from,
    to,
    examined: tally.examined,
    blocked: tally.blocked,
    groups: largest.slice(0, groupsTold).map(([key, group]) => groupOf(key, group)),
    more_groups: Math.max(largest.length - groupsTold, 0) + tally.ungrouped,
    unreadable: tally.unreadable,
    limits: [
      {
        en: 'the record does not tell the cgroup of a connection: rules that ask for one were taken as holding',
        zh: '记录中没有连接的 cgroup：要求 cgroup 的规则视为满足',
      },
      {
        en: 'connections that somebody else refused, and datagrams that came in unanswered, are not in the record',
        zh: '被其他规则拒绝的连接和未得到应答的入站数据报不在记录中',
      },
    ],
  };
}

function groupOf(key: string, { flow, from, to, sequence, count, last }: Group): ImpactGroup {
  const { source, destination, protocol, port, program, direction } = flow;
  const who = program === '' ? '' : ` (${program})`;
  const rule: SegmentRule = {
    from,
    to,
    ...(isRuleProtocol(protocol) && { protocol, ports: [String(port)] }),
    ...(direction === 'out' && flow.user !== '' && { user: flow.user }),
  };
  return {
    key,
    subject: {
      en: `${source || 'own'} → ${destination} ${protocol}/${port}${who}: ${from} → ${to}`,
      zh: `${source || '本机'} → ${destination} ${protocol}/${port}${who}：${from} → ${to}`,
    },
    count,
    first_time: flow.first,
    last_time: last,
    sequence,
    rule,
    proposal: {
      en: `allow ${from} → ${to} ${protocol}/${port}`,
      zh: `允许 ${from} → ${to} ${protocol}/${port}`,
    },
  };
}

function isRuleProtocol(protocol: string): protocol is 'tcp' | 'udp' | 'sctp' {
  return protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp';
}
