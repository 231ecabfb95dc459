/** What segmentation says: connections outside the policy, attempts that were refused, a table that was changed. */
import { scopeOf } from '@redoubt/act/network';
import type { Flow, RefusedFlow, SegmentDecision } from '@redoubt/act/segmentation';
import {
  type Device,
  draftFinding,
  type Finding,
  type Process,
  type Reason,
  type Rung,
} from '@redoubt/model';

const mlps = ['8.1.2.1', '8.1.3.2'];
const advice = {
  en: 'If it should be, add a rule: redoubt segment propose shows one for each connection. If not, look at the process and its parents.',
  zh: '若属正常，请添加规则：redoubt segment propose 会为每类连接给出规则。若不正常，请检查该进程及其父进程。',
};

/** Remote services by their ports, as ATT&CK divides T1021. */
const remoteServices: ReadonlyMap<number, string> = new Map([
  [22, 'attack.t1021.004'],
  [3389, 'attack.t1021.001'],
  [445, 'attack.t1021.002'],
  [5985, 'attack.t1021.006'],
  [5986, 'attack.t1021.006'],
]);

/** Between hosts of one's own, or of zones, it may be somebody moving on; otherwise somebody leaving or coming. */
function tagsOf(peer: string, zone: string, port: number): string[] {
  const isInside = scopeOf(peer) === 'private' || zone !== 'outside';
  if (!isInside) return ['attack.command-and-control'];
  return [
    'attack.lateral-movement',
    'attack.t1021',
    ...(remoteServices.has(port) ? [String(remoteServices.get(port))] : []),
  ];
}

/** The finding that a connection is outside the policy. @param rung at `enforce` it was dropped, or reported only */
export function outsideFinding(
  flow: Flow,
  { from, to }: SegmentDecision,
  rung: Rung,
  who: Process,
  device: Device,
): Finding {
  const { direction, source, destination, protocol, port, program, userName, user } = flow;
  const peer = direction === 'in' ? source : destination;
  const what = `${source || 'own'} → ${destination} ${protocol}/${port}`;
  const by = program === '' ? '' : program;
  const reasons: Reason[] = [
    {
      field: direction === 'in' ? 'src_endpoint.ip' : 'dst_endpoint.ip',
      value: peer,
      text: {
        en: `no rule allows ${from} → ${to} ${protocol}/${port}`,
        zh: `没有规则允许 ${from} → ${to} ${protocol}/${port}`,
      },
    },
    {
      field: 'actor.process.file.path',
      value: by,
      text: {
        en: `program, as user ${userName || user || '?'}`,
        zh: `程序，用户 ${userName || user || '?'}`,
      },
    },
  ];
  return draftFinding({
    analytic: { uid: 'redoubt.segmentation.outside', name: 'Segmentation' },
    title: { en: `Connection outside the policy: ${what}`, zh: `策略之外的连接：${what}` },
    description: {
      en: `${by || 'A process'}: ${from} → ${to}, which the policy of zones does not allow${rung === 'audit' ? '; at audit it was let pass' : ''}.`,
      zh: `${by || '某进程'}：${from} → ${to}，分区策略不允许${rung === 'audit' ? '；审计阶段已放行' : ''}。`,
    },
    severity: scopeOf(peer) === 'private' || (direction === 'in' ? from : to) !== 'outside' ? 4 : 3,
    reasons,
    evidences: [
      {
        process: who,
        ...(source !== '' && { src_endpoint: { ip: source } }),
        dst_endpoint: { ip: destination, port },
      },
    ],
    tags: tagsOf(peer, direction === 'in' ? from : to, port),
    mlps,
    dedupKey: `segmentation.outside:${direction}:${peer}:${protocol}:${port}:${program}:${user}`,
    advice,
    count: flow.count,
    firstSeen: flow.first,
    lastSeen: flow.last,
    device,
  });
}

/** The finding that the packet filter refused, or at audit would have refused, whoever came in or passed through. */
export function refusedFinding(
  { chain, address, protocol, port }: RefusedFlow,
  zone: string,
  rung: Rung,
  device: Device,
): Finding {
  const isDropped = rung === 'enforce';
  const way = chain === 'input' ? { en: 'from', zh: '来自' } : { en: 'to', zh: '发往' };
  const dropped = isDropped ? { en: 'Dropped', zh: '已丢弃' } : { en: 'Would be dropped', zh: '将被丢弃' };
  const [src, dst] = chain === 'input' ? [{ ip: address }, { port }] : [undefined, { ip: address, port }];
  return draftFinding({
    analytic: { uid: `redoubt.segmentation.${isDropped ? 'dropped' : 'would-drop'}`, name: 'Segmentation' },
    title: {
      en: `${dropped.en}: ${protocol}/${port} ${way.en} ${address}`,
      zh: `${dropped.zh}：${way.zh} ${address} 的 ${protocol}/${port}`,
    },
    description: {
      en: `The packet filter met it in the chain ${chain}; ${address} is in zone ${zone}.`,
      zh: `包过滤器在 ${chain} 链中遇到；${address} 属于区域 ${zone}。`,
    },
    severity: zone === 'outside' && scopeOf(address) !== 'private' ? 2 : 3,
    reasons: [
      {
        field: chain === 'input' ? 'src_endpoint.ip' : 'dst_endpoint.ip',
        value: address,
        text: { en: `no rule allows it (zone ${zone})`, zh: `没有规则允许（区域 ${zone}）` },
      },
    ],
    evidences: [{ ...(src !== undefined && { src_endpoint: src }), dst_endpoint: dst }],
    tags: tagsOf(address, zone, port),
    mlps,
    dedupKey: `segmentation.${isDropped ? 'dropped' : 'would-drop'}:${chain}:${address}:${protocol}:${port}`,
    advice,
    device,
  });
}

/** The finding that somebody else changed or removed our table. */
export function driftFinding(kind: 'gone' | 'changed', restored: boolean, device: Device): Finding {
  const what = kind === 'gone' ? { en: 'removed', zh: '删除' } : { en: 'changed', zh: '修改' };
  return draftFinding({
    analytic: { uid: 'redoubt.segmentation.drift', name: 'Segmentation' },
    title: {
      en: `Segmentation's table was ${what.en} by something else`,
      zh: `微隔离的规则表被其他程序${what.zh}`,
    },
    description: restored
      ? { en: 'It was put back as the policy says.', zh: '已按策略恢复。' }
      : { en: 'It happens again and again, so it was not put back.', zh: '反复发生，因此未再恢复。' },
    severity: 4,
    reasons: [
      {
        field: 'table',
        value: 'inet redoubt_segmentation',
        text: { en: `it is ${kind} against what was compiled`, zh: `与编译结果相比已被${what.zh}` },
      },
    ],
    evidences: [{ process: { pid: process.pid, name: 'redoubt' } }],
    tags: ['attack.defense-evasion', 'attack.t1562.004'],
    mlps,
    dedupKey: `segmentation.drift:${kind}`,
    advice: {
      en: 'Look for who ran nft or iptables then: redoubt events. A firewall service that flushes the ruleset (nftables.service) should only reload its own tables.',
      zh: '请查找当时运行 nft 或 iptables 的进程：redoubt events。会清空规则集的防火墙服务（nftables.service）应只重载自己的表。',
    },
    device,
  });
}
