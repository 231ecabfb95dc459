/** The map as a picture: zones that come to this host on the left, those it goes to on the right. */
import { type FlowMap, linksOf, type MapLink } from './map.ts';

const box = { width: 150, height: 46 };
const column = 430;
const row = 84;
const margin = 30;

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Draws the map. */
export function svgOf(map: FlowMap, title = 'redoubt'): string {
  const links = linksOf(map);
  const places = placesOf(map, links);
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + box.height + margin;
  const lanes = new Map<string, number>();
  const drawn = links.map(link => linkOf(link, places, lanes));
  const zones = map.zones.map(({ name, addresses }) => {
    const { x, y } = places.get(name) ?? { x: 0, y: 0 };
    const middle = x + box.width / 2;
    const isOwn = name === 'own';
    const lines = [
      `<rect class="${isOwn ? 'own' : 'zone'}" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="7"/>`,
      `<text class="name" x="${middle}" y="${y + (isOwn ? 28 : 20)}">${escaped(name)}</text>`,
    ];
    if (!isOwn) lines.push(`<text class="small" x="${middle}" y="${y + 36}">${addresses}</text>`);
    return lines.join('');
  });
  const width = 2 * column + box.width + 2 * margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>
svg{background:#fff;font-family:system-ui,sans-serif}
rect.zone{fill:#f3f6fa;stroke:#5b6b80}rect.own{fill:#e2f0e6;stroke:#1f7a43;stroke-width:2.5}
text{fill:#1c2530;text-anchor:middle}.name{font-size:15px;font-weight:600}.small{font-size:11px;fill:#51606f}
path{fill:none;stroke:#5b6b80;stroke-width:1.6}path.denied{stroke:#b42318;stroke-dasharray:6 4}
.port{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px}.port.denied{fill:#b42318}
marker path{fill:#5b6b80;stroke:none}
</style>
<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
${drawn.join('\n')}
${zones.join('\n')}
</svg>
`;
}

/** Own in the middle; a zone that only comes in on the left, any other on the right. */
function placesOf(map: FlowMap, links: readonly MapLink[]): Map<string, Spot> {
  const isGoal = (name: string) => links.some(({ from, to }) => to === name && from !== name);
  const others = map.zones.map(({ name }) => name).filter(name => name !== 'own');
  const left = others.filter(name => !isGoal(name));
  const right = others.filter(isGoal);
  const rows = Math.max(left.length, right.length, 1);
  const places = new Map<string, Spot>();
  const put = (names: readonly string[], at: number) => {
    const top = margin + ((rows - names.length) * row) / 2;
    names.forEach((name, index) => {
      places.set(name, { x: margin + at * column, y: top + index * row });
    });
  };
  put(left, 0);
  put(['own'], 1);
  put(right, 2);
  return places;
}

function linkOf(link: MapLink, places: ReadonlyMap<string, Spot>, lanes: Map<string, number>): string {
  const from = places.get(link.from) ?? { x: 0, y: 0 };
  const to = places.get(link.to) ?? from;
  // Links of one pair, either way, stand beside each other.
  const pair = [link.from, link.to].sort().join(' ');
  const lane = lanes.get(pair) ?? 0;
  lanes.set(pair, lane + 1);
  const shift = 10 + lane * 16;
  const kind = link.allowed ? '' : ' denied';
  const label = escaped(`${link.ports.join(' ')} ×${link.count}`);
  if (from.x === to.x) {
    const [x, y1, y2] = [from.x + box.width, from.y + shift, to.y + box.height - shift];
    const bend = x + 70 + lane * 40;
    return `<path class="${kind.trim()}" d="M${x} ${y1}C${bend} ${y1} ${bend} ${y2} ${x} ${y2}" marker-end="url(#end)"/><text class="port${kind}" x="${bend + 10}" y="${(y1 + y2) / 2}">${label}</text>`;
  }
  const isRight = to.x > from.x;
  const [x1, x2] = isRight ? [from.x + box.width, to.x] : [from.x, to.x + box.width];
  const [y1, y2] = [from.y + shift, to.y + shift];
  const middle = (x1 + x2) / 2;
  return `<path class="${kind.trim()}" d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}" marker-end="url(#end)"/><text class="port${kind}" x="${middle}" y="${(y1 + y2) / 2 - 3}">${label}</text>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
