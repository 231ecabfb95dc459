/** The map: zones, and what goes between them. */
import type { Flow } from '../flow.ts';
import type { SegmentJudge } from '../judge.ts';

/** One zone of the map. */
export interface MapZone {
  readonly name: string;
  /** Different addresses of it that were seen. */
  readonly addresses: number;
}

/** What goes from one zone to another on one port. */
export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly port: number;
  readonly count: number;
  readonly last: number;
  readonly allowed: boolean;
  readonly programs: readonly string[];
}

/** Zones and what goes between them. */
export interface FlowMap {
  readonly zones: readonly MapZone[];
  /** The most frequent first. */
  readonly edges: readonly MapEdge[];
}

/** Draws flows together by zone and port. */
export function mapOf(flows: readonly Flow[], judge: SegmentJudge): FlowMap {
  const zones = new Map<string, Set<string>>([['own', new Set()]]);
  const edges = new Map<string, MapEdge & { programs: string[] }>();
  for (const flow of flows) {
    const { from, to, allowed } = judge.judge(flow);
    zones.set(from, (zones.get(from) ?? new Set()).add(flow.source));
    zones.set(to, (zones.get(to) ?? new Set()).add(flow.destination));
    const { protocol, port, program } = flow;
    const key = JSON.stringify([from, to, protocol, port, allowed]);
    const known = edges.get(key);
    const programs = known?.programs ?? [];
    if (program !== '' && programs.length < 10 && !programs.includes(program)) programs.push(program);
    const count = (known?.count ?? 0) + flow.count;
    const last = Math.max(known?.last ?? 0, flow.last);
    edges.set(key, { from, to, protocol, port, allowed, count, last, programs });
  }
  return {
    zones: [...zones].map(([name, addresses]) => ({
      name,
      addresses: [...addresses].filter(Boolean).length,
    })),
    edges: [...edges.values()].sort((a, b) => b.count - a.count),
  };
}

/** Edges of one pair of zones drawn as one: its ports, the most frequent first. */
export interface MapLink {
  readonly from: string;
  readonly to: string;
  readonly allowed: boolean;
  readonly count: number;
  readonly ports: readonly string[];
}

/** Links for drawing. @param most ports named; the rest is counted as `+N` */
export function linksOf({ edges }: FlowMap, most = 4): MapLink[] {
  const pairs = Map.groupBy(edges, ({ from, to, allowed }) => JSON.stringify([from, to, allowed]));
  return [...pairs.values()].flatMap(all => {
    const [first] = all;
    if (first === undefined) return [];
    const ports = all.slice(0, most).map(({ protocol, port }) => `${protocol}/${port}`);
    if (all.length > most) ports.push(`+${all.length - most}`);
    const count = all.reduce((sum, one) => sum + one.count, 0);
    return [{ from: first.from, to: first.to, allowed: first.allowed, count, ports }];
  });
}
