/** A policy proposed from observed flows, as YAML that a person reads before it counts: each rule says why. */
import { stringify } from 'yaml';
import { scopeOf } from '../network/scope.ts';
import { type Flow, peerOf } from './flow.ts';
import { SegmentJudge } from './judge.ts';
import { type SegmentationPolicy, type SegmentRule, segmentationDefaults } from './policy.ts';

/** What a port tells about the zone of who listens there (IANA's service names, and common use). */
const portZones: readonly (readonly [zone: string, ports: ReadonlySet<number>])[] = [
  [
    'data',
    new Set([1433, 1521, 3306, 5432, 5433, 6379, 9042, 9200, 11211, 27017, 2379, 2181, 9092, 2049, 3260]),
  ],
  ['web', new Set([80, 443, 8080, 8443])],
];
/** Ports by which hosts are managed: who comes here on one of them is an administrator's place. */
const managementPorts: ReadonlySet<number> = new Set([22, 3389, 5900, 5985, 5986, 623, 8006, 9090, 10250]);

/** A zone with more hosts of one network than this is proposed as that network. */
const hostsOfNetwork = 8;
/** Programs named in one comment. */
const programsTold = 3;

/** A proposal. */
export interface Proposal {
  readonly policy: SegmentationPolicy;
  /** The policy as YAML with a comment for each rule. */
  readonly yaml: string;
}

interface Group {
  readonly rule: SegmentRule;
  count: number;
  first: number;
  last: number;
  readonly programs: Set<string>;
  readonly peers: Set<string>;
}

/**
 * Proposes the narrowest policy of zones that lets pass what was seen.
 * @param flows observed ones
 * @param known zones that a person has already drawn; they are kept, and come first
 */
export function proposePolicy(
  flows: readonly Flow[],
  known: Pick<SegmentationPolicy, 'zones'> = segmentationDefaults,
): Proposal {
  const zones = { ...known.zones, ...proposedZones(flows, known) };
  const frame: SegmentationPolicy = {
    version: 1,
    zones,
    rules: [],
    // What was never seen to pass through may be containers that have not run yet.
    default: {
      inbound: 'deny',
      outbound: 'deny',
      forward: flows.some(({ direction }) => direction === 'forward') ? 'deny' : 'allow',
    },
    established: 'keep',
  };
  const judge = new SegmentJudge(frame);
  const groups = new Map<string, Group>();
  for (const flow of flows) {
    const rule = ruleOf(flow, judge);
    const key = JSON.stringify(rule);
    const group: Group = groups.get(key) ?? {
      rule,
      count: 0,
      first: flow.first,
      last: flow.last,
      programs: new Set(),
      peers: new Set(),
    };
    group.count += flow.count;
    group.first = Math.min(group.first, flow.first);
    group.last = Math.max(group.last, flow.last);
    if (flow.program !== '')
      group.programs.add(`${flow.program}${flow.userName === '' ? '' : ` (${flow.userName})`}`);
    group.peers.add(peerOf(flow));
    groups.set(key, group);
  }
  const ordered = [...groups.values()].sort((a, b) => b.count - a.count);
  const policy = { ...frame, rules: ordered.map(({ rule }) => rule) };
  return { policy, yaml: yamlOf(policy, ordered) };
}

function ruleOf(flow: Flow, judge: SegmentJudge): SegmentRule {
  const { direction, protocol, port, user } = flow;
  const { from, to } = judge.judge(flow);
  return {
    from,
    to,
    protocol: protocol as 'tcp' | 'udp' | 'sctp',
    ports: [String(port)],
    ...(direction === 'out' && user !== '' && { user }),
  };
}

/** Zones for peers of one's own networks that nobody has put in one. Strangers stay `outside`. */
function proposedZones(
  flows: readonly Flow[],
  known: Pick<SegmentationPolicy, 'zones'>,
): Record<string, string[]> {
  const judge = new SegmentJudge({ ...segmentationDefaults, zones: known.zones });
  const found = new Map<string, Set<string>>();
  const labels = new Map<string, string>();
  // The label that says most about a peer stands: what it serves before what it asks for.
  const weight = ['data', 'web', 'admin', 'app'];
  for (const flow of flows) {
    for (const [address, isServer] of sidesOf(flow)) {
      if (scopeOf(address) !== 'private' || judge.zoneOf(address) !== undefined) continue;
      const label = labelOf(flow, isServer);
      const before = labels.get(address);
      if (before === undefined || weight.indexOf(label) < weight.indexOf(before)) labels.set(address, label);
    }
  }
  for (const [address, label] of labels) {
    const name = Object.hasOwn(known.zones, label) ? `${label}-new` : label;
    found.set(name, (found.get(name) ?? new Set()).add(address));
  }
  return Object.fromEntries([...found].map(([name, hosts]) => [name, networksOf([...hosts], labels)]));
}

function sidesOf({ direction, source, destination }: Flow): [address: string, isServer: boolean][] {
  if (direction === 'in') return [[source, false]];
  if (direction === 'out') return [[destination, true]];
  return [
    [source, false],
    [destination, true],
  ];
}

function labelOf({ port }: Flow, isServer: boolean): string {
  if (!isServer) return managementPorts.has(port) ? 'admin' : 'app';
  return portZones.find(([, ports]) => ports.has(port))?.[0] ?? 'app';
}

/** Hosts as they are, or their network where there are many and no host of another zone is in it. */
function networksOf(hosts: readonly string[], labels: ReadonlyMap<string, string>): string[] {
  const networks = Map.groupBy(hosts, host => networkOf(host));
  return [...networks]
    .flatMap(([network, members]) => {
      const others = [...labels.keys()].filter(address => networkOf(address) === network);
      return network !== undefined && members.length > hostsOfNetwork && others.length === members.length
        ? [network]
        : members;
    })
    .sort();
}

/** The /24 of an IPv4 address; IPv6 addresses stay alone. */
function networkOf(address: string): string | undefined {
  const parts = address.split('.');
  return parts.length === 4 ? `${parts.slice(0, 3).join('.')}.0/24` : undefined;
}

function yamlOf(policy: SegmentationPolicy, groups: readonly Group[]): string {
  const { rules: _, ...head } = policy;
  const lines = [
    '# Proposed from observed connections: read every line before it counts.',
    '# Zones "own" (this host), "any" and "outside" (in no zone) are built in.',
    stringify(head).trimEnd(),
    groups.length === 0 ? 'rules: []' : 'rules:',
    ...groups.flatMap(group => [
      `  # ${commentOf(group)}`,
      `  - ${stringify(group.rule, { collectionStyle: 'flow', lineWidth: 0 }).trim()}`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function commentOf({ count, first, last, programs, peers }: Group): string {
  const date = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  const shown = [...programs].sort().slice(0, programsTold);
  const by =
    shown.length === 0 ? '' : `, by ${shown.join(', ')}${programs.size > programsTold ? ' and others' : ''}`;
  const text = `${count} times, ${date(first)} to ${date(last)} UTC, ${peers.size} ${peers.size === 1 ? 'peer' : 'peers'}${by}`;
  // A program's name comes from whoever started it: it must not end the comment.
  return text.replace(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\uffff]|\u2028|\u2029/g, '?').slice(0, 400);
}
