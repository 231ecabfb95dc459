/** Policies as text and maps of flows: for the command line, so that the agent need not hold a YAML parser. */
export { type FlowMap, type MapEdge, type MapZone, mapOf } from './map/map.ts';
export { svgOf } from './map/svg.ts';
export { dotOf, mermaidOf } from './map/text.ts';
export { parsePolicyText } from './policy-text.ts';
export { type Proposal, proposePolicy } from './propose.ts';
