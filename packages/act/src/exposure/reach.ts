/**
 * Whether the packet filter of this host lets a stranger's first packet in, from the rules as nft lists them
 * (libnftables-json(5)). What a rule asks for beyond port, protocol, interface and state is taken as "perhaps", so
 * that the answer is never more certain than the reading.
 */
import { readFileSync } from 'node:fs';
import type { NftObject } from '../nftables/nft.ts';
import type { Reach } from './report.ts';

/** A packet that opens a connection from somewhere out there. */
export interface Knock {
  readonly family: 4 | 6;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

type Certainty = 'yes' | 'no' | 'perhaps';
/** Outcome of a chain for certain, and what else may have happened before. */
interface Walk {
  verdict: 'accept' | 'drop' | 'next';
  mayAccept: boolean;
  mayDrop: boolean;
}

type Expression = Readonly<Record<string, unknown>>;
const deepest = 16;

/** The rules of a host, ready to be asked. */
export class ReachJudge {
  readonly #bases: readonly { family: string; table: string; name: string; policy: string }[];
  readonly #rules = new Map<string, Expression[][]>();

  /** @param objects the whole ruleset as `nft --json list ruleset` gives it */
  constructor(objects: readonly NftObject[]) {
    this.#bases = objects
      .flatMap(({ chain }) => (chain?.['hook'] === 'input' && chain['type'] === 'filter' ? [chain] : []))
      .sort((a, b) => Number(a['prio']) - Number(b['prio']))
      .map(chain => ({
        family: String(chain['family']),
        table: String(chain['table']),
        name: String(chain['name']),
        policy: String(chain['policy']),
      }));
    for (const { rule } of objects) {
      if (rule === undefined || !Array.isArray(rule['expr'])) continue;
      const key = `${rule['family']} ${rule['table']} ${rule['chain']}`;
      const rules = this.#rules.get(key) ?? [];
      rules.push(rule['expr'] as Expression[]);
      this.#rules.set(key, rules);
    }
  }

  /** Who gets in: a packet must pass every table. */
  reach(knock: Knock): Exclude<Reach, 'unknown'> {
    let result: Exclude<Reach, 'unknown'> = 'open';
    for (const { family, table, name, policy } of this.#bases) {
      if (family !== 'inet' && family !== (knock.family === 4 ? 'ip' : 'ip6')) continue;
      const walk = this.#walk(`${family} ${table}`, name, knock, 0);
      const isDropped = walk.verdict === 'drop' || (walk.verdict === 'next' && policy === 'drop');
      if (isDropped && !walk.mayAccept) return 'closed';
      if (isDropped || walk.mayDrop) result = 'some';
    }
    return result;
  }

  #walk(table: string, chain: string, knock: Knock, depth: number): Walk {
    const walk: Walk = { verdict: 'next', mayAccept: false, mayDrop: false };
    if (depth > deepest) return { ...walk, mayAccept: true, mayDrop: true };
    for (const rule of this.#rules.get(`${table} ${chain}`) ?? []) {
      const matched = matches(rule, knock);
      if (matched === 'no') continue;
      const done = this.#verdict(table, rule, knock, depth);
      if (done === undefined) continue;
      walk.mayAccept ||= done.mayAccept;
      walk.mayDrop ||= done.mayDrop;
      if (matched === 'perhaps') {
        if (done.verdict === 'accept') walk.mayAccept = true;
        else if (done.verdict === 'drop') walk.mayDrop = true;
      } else if (done.verdict !== 'next') return { ...walk, verdict: done.verdict };
      else if (done.leaves) return walk;
    }
    return walk;
  }

  /** What a rule does with a packet that it matches; undefined when it goes on. */
  #verdict(
    table: string,
    rule: readonly Expression[],
    knock: Knock,
    depth: number,
  ): (Walk & { leaves?: true }) | undefined {
    const plain = { verdict: 'next', mayAccept: false, mayDrop: false } as const;
    for (const expression of rule) {
      if ('accept' in expression) return { ...plain, verdict: 'accept' };
      if ('drop' in expression || 'reject' in expression) return { ...plain, verdict: 'drop' };
      if ('return' in expression) return { ...plain, leaves: true };
      for (const kind of ['jump', 'goto'] as const) {
        const target = (expression[kind] as { target?: unknown } | undefined)?.target;
        if (target === undefined) continue;
        const walk = this.#walk(table, String(target), knock, depth + 1);
        return kind === 'goto' ? { ...walk, leaves: true } : walk;
      }
      // A verdict map, a queue, or a module of iptables: it may decide either way.
      if ('vmap' in expression || 'queue' in expression || 'xt' in expression)
        return { ...plain, mayAccept: true, mayDrop: true };
    }
    return undefined;
  }
}

function matches(rule: readonly Expression[], knock: Knock): Certainty {
  let result: Certainty = 'yes';
  for (const expression of rule) {
    const match = expression['match'] as { op: string; left: Expression; right: unknown } | undefined;
    if (match === undefined) {
      if ('limit' in expression || 'xt' in expression) result = 'perhaps';
      continue;
    }
    const one = matchOne(match, knock);
    if (one === 'no') return 'no';
    if (one === 'perhaps') result = 'perhaps';
  }
  return result;
}

function matchOne(
  { op, left, right }: { op: string; left: Expression; right: unknown },
  knock: Knock,
): Certainty {
  const payload = left['payload'] as { protocol?: string; field?: string } | undefined;
  const meta = (left['meta'] as { key?: string } | undefined)?.key;
  const ct = (left['ct'] as { key?: string } | undefined)?.key;
  const turned = (certainty: Certainty): Certainty =>
    op !== '!=' || certainty === 'perhaps' ? certainty : certainty === 'yes' ? 'no' : 'yes';
  if (payload?.field === 'dport') {
    if (payload.protocol !== 'th' && payload.protocol !== knock.protocol) return 'no';
    return turned(contains(right, knock.port));
  }
  if (payload?.protocol === 'tcp' || payload?.protocol === 'udp')
    return payload.protocol === knock.protocol ? 'perhaps' : 'no';
  if (payload?.protocol === 'icmp' || payload?.protocol === 'icmpv6') return 'no';
  if (payload?.protocol === 'ip' || payload?.protocol === 'ip6') {
    if ((payload.protocol === 'ip') !== (knock.family === 4)) return 'no';
    return payload.field === 'protocol' || payload.field === 'nexthdr'
      ? turned(contains(right, knock.protocol))
      : 'perhaps';
  }
  if (meta === 'l4proto') return turned(contains(right, knock.protocol));
  if (meta === 'nfproto') return turned(contains(right, knock.family === 4 ? 'ipv4' : 'ipv6'));
  if (meta === 'iif' || meta === 'iifname') return right === 'lo' ? turned('no') : 'perhaps';
  if (ct === 'state') return turned(contains(right, 'new'));
  return 'perhaps';
}

/** Whether a value is among those on the right side of a match. */
function contains(right: unknown, value: number | string): Certainty {
  if (right === value) return 'yes';
  if (typeof right === 'string') return right.startsWith('@') ? 'perhaps' : 'no';
  if (typeof right === 'number') return 'no';
  if (Array.isArray(right)) return anyOf(right, value);
  const { set, range } = right as { set?: unknown; range?: unknown };
  if (set !== undefined) return anyOf(Array.isArray(set) ? set : [set], value);
  if (Array.isArray(range) && typeof value === 'number')
    return value >= Number(range[0]) && value <= Number(range[1]) ? 'yes' : 'no';
  return 'perhaps';
}

function anyOf(members: readonly unknown[], value: number | string): Certainty {
  const found = members.map(member => contains(member, value));
  return found.includes('yes') ? 'yes' : found.includes('perhaps') ? 'perhaps' : 'no';
}

/** Whether rules stand in the older tables of iptables, which nft does not list. */
export function hasLegacyRules(proc = '/proc'): boolean {
  return ['ip', 'ip6'].some(family => {
    try {
      return readFileSync(`${proc}/net/${family}_tables_names`, 'utf8').split('\n').includes('filter');
    } catch {
      return false;
    }
  });
}
