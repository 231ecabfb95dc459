/**
 * A policy as one nftables script (nft(8)). The table is ours alone. Its chains stand behind those of others
 * (priority 10): an `accept` here ends only our own chain, so nothing that others refuse is let in.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual, Rung } from '@redoubt/model';
import { membersOf, type SegmentationPolicy, type SegmentRule } from './policy.ts';

/** The one table that segmentation ever touches. */
export const segmentationTable = 'redoubt_segmentation';

/** Chains of the table, by the hook that they stand at. */
export const segmentationChains = ['input', 'output', 'forward'] as const;
export type SegmentationChain = (typeof segmentationChains)[number];

/** Where nft looks for cgroups by their paths; what is not there cannot be named in a rule. */
const cgroupRoot = '/sys/fs/cgroup';

/** A compiled policy. */
export interface CompiledPolicy {
  /** One transaction that puts it in force, whatever was there of ours. */
  readonly script: string;
  /** What the kernel will not hold to, in words. */
  readonly limits: Bilingual[];
}

/** Compiles a policy. At `audit` it counts and remembers what `enforce` drops. */
export function compilePolicy(
  policy: SegmentationPolicy,
  rung: Exclude<Rung, 'observe'>,
  hasCgroup: (path: string) => boolean = path => existsSync(join(cgroupRoot, path)),
): CompiledPolicy {
  const limits: Bilingual[] = [];
  const sets = Object.keys(policy.zones).flatMap(zone =>
    ([4, 6] as const).map(family =>
      addressSet(zoneSet(zone, family), family, membersOf(policy, zone, family)),
    ),
  );
  // What is in some zone; `outside` is what is not.
  const zoned = ([4, 6] as const).map(family => {
    const members = Object.keys(policy.zones).flatMap(zone => membersOf(policy, zone, family));
    return addressSet(`zoned_${family}`, family, members);
  });
  const chains = segmentationChains.map(chain => {
    const rules = policy.rules.flatMap((rule, at) => linesOf(rule, at + 1, chain, policy, hasCgroup, limits));
    return chainOf(chain, policy, rung, rules);
  });
  const seen = segmentationChains.flatMap(chain => ([4, 6] as const).map(family => seenSet(chain, family)));
  const counters = segmentationChains.map(chain => `  counter denied_${chain} { }`);
  const body = [...counters, ...sets, ...zoned, ...seen, ...chains].join('\n');
  const name = `inet ${segmentationTable}`;
  return { script: `add table ${name}\ndelete table ${name}\ntable ${name} {\n${body}\n}\n`, limits };
}

function addressSet(name: string, family: 4 | 6, members: readonly string[]): string {
  const elements = members.length === 0 ? '' : ` elements = { ${members.join(', ')} };`;
  return `  set ${name} { type ipv${family}_addr; flags interval; auto-merge;${elements} }`;
}

function zoneSet(zone: string, family: 4 | 6): string {
  return `zone_${zone}_${family}`;
}

/** Whom a chain has refused, or at audit would have: address, protocol, port; bounded, forgotten after an hour. */
function seenSet(chain: SegmentationChain, family: 4 | 6): string {
  const key = `ipv${family}_addr . inet_proto . inet_service`;
  return `  set denied_${chain}_${family} { type ${key}; size 4096; flags dynamic, timeout; timeout 1h; }`;
}

function chainOf(
  chain: SegmentationChain,
  { default: defaults, established }: SegmentationPolicy,
  rung: Rung,
  rules: readonly string[],
): string {
  const verdict = { input: defaults.inbound, output: defaults.outbound, forward: defaults.forward }[chain];
  const device = chain === 'output' ? 'oif' : 'iif';
  const side = chain === 'input' ? 'saddr' : 'daddr';
  // Only what opens a connection is judged under `keep`, so that what is open stays open although the kernel may
  // not have followed it from its beginning.
  const open =
    established === 'keep'
      ? ['meta l4proto tcp tcp flags & (syn | ack) != syn accept', 'ct state established,related accept']
      : ['ct direction reply accept', 'ct state related accept'];
  const refusal =
    verdict === 'allow'
      ? []
      : [
          `counter name denied_${chain}`,
          ...([4, 6] as const).map(
            family =>
              `meta l4proto { tcp, udp, sctp } update @denied_${chain}_${family} { ${family === 4 ? 'ip' : 'ip6'} ${side} . meta l4proto . th dport }`,
          ),
          ...(rung === 'enforce' ? ['drop'] : []),
        ];
  const lines = [
    `type filter hook ${chain} priority 10; policy accept;`,
    ...(chain === 'forward' ? [] : [`${device} "lo" accept`]),
    // Errors, path MTU, neighbour discovery and router advertisements (RFC 4890), group membership.
    'meta l4proto { icmp, ipv6-icmp, igmp } accept',
    'udp sport . udp dport { 67 . 68, 68 . 67, 546 . 547, 547 . 546 } accept',
    'fib daddr type { broadcast, multicast } accept',
    ...open,
    ...rules,
    ...refusal,
  ];
  return `  chain ${chain} {\n${lines.map(line => `    ${line}`).join('\n')}\n  }`;
}

/** Lines of one rule in one chain: none where the chain never sees such connections. */
function linesOf(
  rule: SegmentRule,
  number: number,
  chain: SegmentationChain,
  policy: SegmentationPolicy,
  hasCgroup: (path: string) => boolean,
  limits: Bilingual[],
): string[] {
  const { from, to } = rule;
  const isElsewhere =
    (chain === 'input' && from === 'own') ||
    (chain === 'output' && to === 'own') ||
    (chain === 'forward' && (from === 'own' || to === 'own'));
  if (isElsewhere) return [];
  const narrowed = chain === 'output' ? ownerMatch(rule, number, hasCgroup, limits) : '';
  if (narrowed === undefined) return [];
  const tail = `${narrowed}${transportMatch(rule)}counter accept comment "rule ${number}"`;
  const isFree = (zone: string) => zone === 'any' || zone === 'own';
  if (isFree(from) && isFree(to)) return [tail];
  return ([4, 6] as const).flatMap(family => {
    const protocol = family === 4 ? 'ip' : 'ip6';
    const ends = [
      addressMatch(`${protocol} saddr`, from, family),
      addressMatch(`${protocol} daddr`, to, family),
    ];
    const isEmpty = [from, to].some(
      zone => !isFree(zone) && zone !== 'outside' && membersOf(policy, zone, family).length === 0,
    );
    return isEmpty ? [] : [`${ends.join('')}${tail}`];
  });
}

function addressMatch(side: string, zone: string, family: 4 | 6): string {
  if (zone === 'any' || zone === 'own') return '';
  if (zone === 'outside') return `${side} != @zoned_${family} `;
  return `${side} @${zoneSet(zone, family)} `;
}

function transportMatch({ protocol = 'any', ports }: SegmentRule): string {
  if (protocol === 'any') return '';
  if (ports === undefined) return `meta l4proto ${protocol} `;
  return `${protocol} dport { ${ports.join(', ')} } `;
}

/** Who of this host; undefined when there is nobody whom the rule could mean now. */
function ownerMatch(
  { user, cgroup, program }: SegmentRule,
  number: number,
  hasCgroup: (path: string) => boolean,
  limits: Bilingual[],
): string | undefined {
  if (program !== undefined)
    limits.push({
      en: `rule ${number}: the packet filter knows no programs; others than ${program} are reported, not blocked`,
      zh: `规则 ${number}：包过滤器无法识别程序；${program} 以外的程序只报告、不阻断`,
    });
  if (cgroup !== undefined && !hasCgroup(cgroup)) {
    limits.push({
      en: `rule ${number}: there is no cgroup ${cgroup} now; the rule takes effect when it appears`,
      zh: `规则 ${number}：目前没有 cgroup ${cgroup}；出现后规则生效`,
    });
    return undefined;
  }
  const level = cgroup?.split('/').length ?? 0;
  return [
    user === undefined ? '' : `meta skuid ${/^\d+$/.test(user) ? user : `"${user}"`} `,
    cgroup === undefined ? '' : `socket cgroupv2 level ${level} "${cgroup}" `,
  ].join('');
}
