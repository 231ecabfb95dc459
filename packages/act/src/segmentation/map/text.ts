/** The map for Graphviz and for Mermaid. Names of zones are a-z, 0-9 and -, so they need no escaping. */
import { type FlowMap, linksOf, type MapLink } from './map.ts';

const label = ({ ports, count }: MapLink): string => `${ports.join(', ')} (${count})`;

/** The map in the DOT language. */
export function dotOf(map: FlowMap): string {
  const zones = map.zones.map(
    ({ name, addresses }) =>
      `  "${name}" [label="${name}${name === 'own' ? '' : `\\n${addresses}`}"${name === 'own' ? ', style=bold' : ''}];`,
  );
  const links = linksOf(map).map(
    link =>
      `  "${link.from}" -> "${link.to}" [label="${label(link)}"${link.allowed ? '' : ', color=red, style=dashed'}];`,
  );
  return `digraph zones {\n  rankdir=LR;\n  node [shape=box];\n${[...zones, ...links].join('\n')}\n}\n`;
}

/** The map as a Mermaid flowchart. */
export function mermaidOf(map: FlowMap): string {
  const id = (name: string) => `z_${name.replaceAll('-', '_')}`;
  const zones = map.zones.map(({ name, addresses }) =>
    name === 'own' ? `  ${id(name)}[["own"]]` : `  ${id(name)}["${name}: ${addresses}"]`,
  );
  const links = linksOf(map).map(
    link => `  ${id(link.from)} ${link.allowed ? '-->' : '-.->'}|"${label(link)}"| ${id(link.to)}`,
  );
  return `flowchart LR\n${[...zones, ...links].join('\n')}\n`;
}
