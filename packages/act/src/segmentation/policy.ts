/** The policy of segmentation: zones, and who may talk to whom. The same text serves every host. */
import { isIP } from 'node:net';
import { familyOf } from '../nftables/addresses.ts';
import { fail, list, mapping, oneOf, type Place, text } from './reading.ts';

/** Whether something passes that no rule speaks of. */
export type Verdict = 'allow' | 'deny';

/** Zones that need not be defined: this host; everything; what is in no zone. */
export const builtInZones = ['own', 'any', 'outside'] as const;

export const ruleProtocols = ['tcp', 'udp', 'sctp', 'any'] as const;
export type RuleProtocol = (typeof ruleProtocols)[number];

/** One port, or a range, both ends included. */
export type PortRange = readonly [low: number, high: number];

/** Lets connections pass. Whatever is given must all hold. */
export interface SegmentRule {
  readonly from: string;
  readonly to: string;
  /** `any` by default. */
  readonly protocol?: RuleProtocol;
  /** Ports that are opened to: `443`, `8000-8010`; all when absent. */
  readonly ports?: readonly string[];
  /** Only connections of this user (name or number), this cgroup (path below the root), this program; from `own`. */
  readonly user?: string;
  readonly cgroup?: string;
  readonly program?: string;
  readonly note?: string;
}

/** What may talk to what. */
export interface SegmentationPolicy {
  readonly version: 1;
  /** Addresses and networks of each zone. */
  readonly zones: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly SegmentRule[];
  readonly default: { readonly inbound: Verdict; readonly outbound: Verdict; readonly forward: Verdict };
  /** Connections that are open when a policy comes into force: `keep` lets them be, `judge` cuts those not allowed. */
  readonly established: 'keep' | 'judge';
}

/** A host where nobody has said anything: everything passes. */
export const segmentationDefaults: SegmentationPolicy = {
  version: 1,
  zones: {},
  rules: [],
  default: { inbound: 'allow', outbound: 'allow', forward: 'allow' },
  established: 'keep',
};

const limits = { zones: 256, networks: 20_000, rules: 5_000, ports: 64 };
const zoneName = /^[a-z][a-z0-9-]{0,31}$/;
const userName = /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?|\d{1,10})$/;
/** Components of a cgroup path as systemd and container runtimes write them; nothing that a script could obey. */
const cgroupPath = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w.@:\\-]+(?:\/[\w.@:\\-]+){0,15}$/;

/** Checks a policy. @throws PolicyError naming the place */
export function readPolicy(given: unknown): SegmentationPolicy {
  const top = mapping(given, [], ['version', 'zones', 'rules', 'default', 'established']);
  if (top['version'] !== 1) fail(['version'], 'must be 1', '必须是 1');
  const zones = readZones(top['zones'] ?? {});
  const rules = list(top['rules'] ?? [], ['rules'], limits.rules).map((rule, at) =>
    readRule(rule, ['rules', at], zones),
  );
  const verdict = (key: string): Verdict => {
    const defaults = mapping(top['default'] ?? {}, ['default'], ['inbound', 'outbound', 'forward']);
    const value = defaults[key];
    return value === undefined ? 'allow' : oneOf(value, ['default', key], ['allow', 'deny'] as const);
  };
  return {
    version: 1,
    zones,
    rules,
    default: { inbound: verdict('inbound'), outbound: verdict('outbound'), forward: verdict('forward') },
    established: oneOf(top['established'] ?? 'keep', ['established'], ['keep', 'judge'] as const),
  };
}

function readZones(given: unknown): Record<string, readonly string[]> {
  const entries = Object.entries(mapping(given, ['zones']));
  if (entries.length > limits.zones)
    fail(['zones'], `has more than ${limits.zones} zones`, `超过 ${limits.zones} 个区域`);
  let networks = 0;
  return Object.fromEntries(
    entries.map(([name, members]) => {
      const place = ['zones', name];
      if (!zoneName.test(name))
        fail(
          place,
          'is no zone name: a-z, 0-9 and -, at most 32',
          '不是区域名：a-z、0-9 和 -，最多 32 个字符',
        );
      if (builtInZones.some(one => one === name)) fail(place, 'is built in', '是内置区域');
      const all = list(members, place, limits.networks).map((one, at) => readNetwork(one, [...place, at]));
      networks += all.length;
      if (networks > limits.networks)
        fail(place, `more than ${limits.networks} networks in all`, `网络总数超过 ${limits.networks}`);
      return [name, all];
    }),
  );
}

function readNetwork(given: unknown, place: Place): string {
  const network = text(given, place);
  try {
    const family = familyOf(network);
    // A mapped address never stands in a packet (RFC 4291, 2.5.5.2): such a member would match nothing.
    if (family === 6 && /^::ffff:/i.test(network)) throw new Error('mapped');
    return network.toLowerCase();
  } catch {
    return fail(place, 'is no address or network such as 10.1.0.0/16', '不是地址或网络（例如 10.1.0.0/16）');
  }
}

function readRule(given: unknown, place: Place, zones: Readonly<Record<string, unknown>>): SegmentRule {
  const known = ['from', 'to', 'protocol', 'ports', 'user', 'cgroup', 'program', 'note'];
  const rule = mapping(given, place, known);
  const zone = (key: 'from' | 'to'): string => {
    const name = text(rule[key], [...place, key]);
    if (builtInZones.some(one => one === name) || Object.hasOwn(zones, name)) return name;
    return fail([...place, key], `"${name}" is no zone here`, `“${name}”不是已定义的区域`);
  };
  const from = zone('from');
  const to = zone('to');
  if (from === 'own' && to === 'own')
    fail(place, 'a host always reaches itself', '主机始终可以访问自身，无需规则');
  const protocol =
    rule['protocol'] === undefined ? 'any' : oneOf(rule['protocol'], [...place, 'protocol'], ruleProtocols);
  const ports =
    rule['ports'] === undefined
      ? undefined
      : list(rule['ports'], [...place, 'ports'], limits.ports).map((one, at) =>
          readPorts(one, [...place, 'ports', at]),
        );
  if (ports !== undefined && ports.length === 0) fail([...place, 'ports'], 'must not be empty', '不能为空');
  if (ports !== undefined && protocol === 'any')
    fail([...place, 'protocol'], 'must be given with ports', '指定端口时必须给出协议');
  const narrow = (key: 'user' | 'cgroup' | 'program', pattern: RegExp, en: string, zh: string) => {
    if (rule[key] === undefined) return undefined;
    const value = typeof rule[key] === 'number' ? String(rule[key]) : text(rule[key], [...place, key]);
    if (from !== 'own')
      fail([...place, key], 'can only be known of connections from own', '仅适用于来自 own 的连接');
    return pattern.test(value) ? value : fail([...place, key], en, zh);
  };
  const user = narrow('user', userName, 'must be a user name or number', '必须是用户名或用户 ID');
  const cgroup = narrow(
    'cgroup',
    cgroupPath,
    'must be a path such as system.slice/nginx.service',
    '必须是路径，如 system.slice/nginx.service',
  );
  const program = narrow('program', /^\/[^\0\n]{1,4095}$/, 'must be an absolute path', '必须是绝对路径');
  const note = rule['note'] === undefined ? undefined : text(rule['note'], [...place, 'note']).slice(0, 500);
  return {
    from,
    to,
    protocol,
    ...(ports !== undefined && { ports }),
    ...(user !== undefined && { user }),
    ...(cgroup !== undefined && { cgroup }),
    ...(program !== undefined && { program }),
    ...(note !== undefined && { note }),
  };
}

function readPorts(given: unknown, place: Place): string {
  const words = typeof given === 'number' ? String(given) : text(given, place);
  const [, low = '', high = low] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(words) ?? [];
  const isGood = low !== '' && Number(low) >= 1 && Number(low) <= Number(high) && Number(high) <= 65_535;
  return isGood
    ? words
    : fail(place, 'must be a port (443) or a range (8000-8010)', '必须是端口（443）或范围（8000-8010）');
}

/** The ports of a rule as numbers. */
export function portRanges({ ports = [] }: SegmentRule): PortRange[] {
  return ports.map(words => {
    const [low = '', high = low] = words.split('-');
    return [Number(low), Number(high)];
  });
}

/** The members of a zone that are of one family. */
export function membersOf(policy: SegmentationPolicy, zone: string, family: 4 | 6): string[] {
  const members = Object.hasOwn(policy.zones, zone) ? (policy.zones[zone] ?? []) : [];
  return members.filter(network => isIP(network.split('/')[0] ?? '') === family);
}
