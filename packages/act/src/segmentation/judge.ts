/** What a policy says about a flow: the same judgement that its compiled form makes in the kernel. */
import { BlockList, isIP } from 'node:net';
import type { Flow } from './flow.ts';
import { type PortRange, portRanges, type SegmentationPolicy, type SegmentRule } from './policy.ts';

/** Whether a flow may be, and on whose word. */
export interface SegmentDecision {
  readonly allowed: boolean;
  /** Number of the rule that allows it, from 1; undefined when the default decides. */
  readonly rule?: number;
  /** Zones that the sides are in; the first where there are several, `own` for this host. */
  readonly from: string;
  readonly to: string;
}

interface ReadyRule {
  readonly rule: SegmentRule;
  readonly number: number;
  readonly ports: readonly PortRange[];
}

/** A policy made ready for many questions. */
export class SegmentJudge {
  readonly policy: SegmentationPolicy;
  readonly #zones: readonly (readonly [name: string, members: BlockList])[];
  readonly #rules: readonly ReadyRule[];

  constructor(policy: SegmentationPolicy) {
    this.policy = policy;
    this.#zones = Object.entries(policy.zones).map(([name, members]) => {
      const list = new BlockList();
      for (const member of members) {
        const [address = '', length] = member.split('/');
        const type = isIP(address) === 6 ? 'ipv6' : 'ipv4';
        if (length === undefined) list.addAddress(address, type);
        else list.addSubnet(address, Number(length), type);
      }
      return [name, list];
    });
    this.#rules = policy.rules.map((rule, at) => ({ rule, number: at + 1, ports: portRanges(rule) }));
  }

  /**
   * Judges a flow. The cgroup of a connection is not in its event: a rule that asks for one is taken as holding, so
   * that nothing is reported which the kernel may let pass.
   */
  judge(flow: Flow): SegmentDecision {
    const { direction, source, destination, protocol, port } = flow;
    const from = this.#zonesOf(source);
    const to = this.#zonesOf(destination);
    const isFromOwn = direction === 'out';
    const isToOwn = direction === 'in';
    const names = {
      from: isFromOwn ? 'own' : (from[0] ?? 'outside'),
      to: isToOwn ? 'own' : (to[0] ?? 'outside'),
    };
    const found = this.#rules.find(
      ({ rule, ports }) =>
        covers(rule.from, from, isFromOwn) &&
        covers(rule.to, to, isToOwn) &&
        (rule.protocol === undefined || rule.protocol === 'any' || rule.protocol === protocol) &&
        (ports.length === 0 || ports.some(([low, high]) => port >= low && port <= high)) &&
        (rule.user === undefined || rule.user === flow.user || rule.user === flow.userName) &&
        (rule.program === undefined || rule.program === flow.program),
    );
    if (found !== undefined) return { allowed: true, rule: found.number, ...names };
    const { inbound, outbound, forward } = this.policy.default;
    const verdict = direction === 'in' ? inbound : direction === 'out' ? outbound : forward;
    return { allowed: verdict === 'allow', ...names };
  }

  /** The first zone of an address; undefined when it is in none. */
  zoneOf(address: string): string | undefined {
    return this.#zonesOf(address)[0];
  }

  #zonesOf(address: string): string[] {
    const family = isIP(address);
    if (family === 0) return [];
    const type = family === 6 ? 'ipv6' : 'ipv4';
    return this.#zones.filter(([, members]) => members.check(address, type)).map(([name]) => name);
  }
}

function covers(zone: string, zones: readonly string[], isOwn: boolean): boolean {
  if (zone === 'any') return true;
  if (zone === 'own') return isOwn;
  if (zone === 'outside') return zones.length === 0;
  return zones.includes(zone);
}
