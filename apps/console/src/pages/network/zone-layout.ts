/** Where zones and the links between them stand in the picture. */
import type { SegmentationMap, ZoneEdge } from '../../api/contract.ts';

export const box = { width: 168, height: 52 };
const column = 400;
const row = 92;
const margin = 24;
/** Vertical distance of links between the same two zones. */
const lane = 30;
const portsNamed = 3;

/** A zone in its place; `x` and `y` are its upper left corner. */
export interface PlacedZone {
  readonly name: string;
  readonly addresses: number;
  readonly x: number;
  readonly y: number;
}

/** Edges between two zones, one way, drawn as one. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly allowed: boolean;
  readonly count: number;
  /** `tcp/5432, tcp/6379, +2`. */
  readonly ports: string;
  /** Of the curve, and of its middle. */
  readonly path: string;
  readonly x: number;
  readonly y: number;
}

/** This host in the middle; who only comes to it on the left, whom it goes to on the right. */
export function layOut({ zones, edges }: SegmentationMap): {
  zones: PlacedZone[];
  links: Link[];
  width: number;
  height: number;
} {
  const isGoal = (name: string): boolean => edges.some(one => one.to === name && one.from !== name);
  const others = zones.filter(({ name }) => name !== 'own');
  const columns = [
    others.filter(({ name }) => !isGoal(name)),
    zones.filter(({ name }) => name === 'own'),
    others.filter(({ name }) => isGoal(name)),
  ];
  const rows = Math.max(...columns.map(one => one.length), 1);
  const placed = columns.flatMap((members, at) =>
    members.map((zone, index) => ({
      ...zone,
      x: margin + at * column,
      y: margin + ((rows - members.length) * row) / 2 + index * row,
    })),
  );
  return {
    zones: placed,
    links: linksOf(edges, new Map(placed.map(zone => [zone.name, zone]))),
    width: 2 * margin + 2 * column + box.width,
    height: 2 * margin + (rows - 1) * row + box.height,
  };
}

function linksOf(edges: readonly ZoneEdge[], places: ReadonlyMap<string, PlacedZone>): Link[] {
  const drawn = edges.filter(({ from, to }) => from !== to && places.has(from) && places.has(to));
  const groups = Map.groupBy(drawn, ({ from, to, allowed }) => JSON.stringify([from, to, allowed]));
  const lanes = new Map<string, number>();
  const pairOf = ({ from, to }: ZoneEdge): string => [from, to].sort().join(' ');
  const width = new Map<string, number>();
  for (const [first] of groups.values())
    if (first) width.set(pairOf(first), (width.get(pairOf(first)) ?? 0) + 1);
  return [...groups.values()].flatMap(all => {
    const [first] = all;
    const from = first && places.get(first.from);
    const to = first && places.get(first.to);
    if (!first || !from || !to) return [];
    const pair = pairOf(first);
    const at = lanes.get(pair) ?? 0;
    lanes.set(pair, at + 1);
    const shift = (at - ((width.get(pair) ?? 1) - 1) / 2) * lane;
    const ports = all.slice(0, portsNamed).map(({ protocol, port }) => `${protocol}/${port}`);
    if (all.length > portsNamed) ports.push(`+${all.length - portsNamed}`);
    return [
      {
        from: first.from,
        to: first.to,
        allowed: first.allowed,
        count: all.reduce((sum, one) => sum + one.count, 0),
        ports: ports.join(', '),
        ...curve(from, to, shift),
      },
    ];
  });
}

/** From side to side; zones of one column are joined around their right. */
function curve(from: PlacedZone, to: PlacedZone, shift: number): Pick<Link, 'path' | 'x' | 'y'> {
  const isRight = to.x > from.x;
  const isSame = to.x === from.x;
  const startX = isRight || isSame ? from.x + box.width : from.x;
  const endX = isRight ? to.x : to.x + box.width;
  const startY = from.y + box.height / 2 + shift / 2;
  const endY = to.y + box.height / 2 + shift / 2;
  const bend = isSame ? startX + 110 : (startX + endX) / 2;
  const path = `M${startX} ${startY}C${bend} ${startY + shift / 2} ${bend} ${endY + shift / 2} ${endX} ${endY}`;
  const x = isSame ? startX + 82 : (startX + endX) / 2;
  return { path, x, y: (startY + endY) / 2 + (shift * 3) / 8 };
}
