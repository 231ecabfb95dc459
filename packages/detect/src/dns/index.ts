/** Judging DNS: tunnels, generated names, fast flux, going round the resolver; reputation with reasons. */
export { type BypassSuspicion, BypassWatch, type PublicResolvers, parsePublicResolvers } from './bypass.ts';
export {
  bypassFinding,
  type FindingPlace,
  fluxFinding,
  generatedFinding,
  tunnelFinding,
} from './findings.ts';
export { type FluxSuspicion, FluxWatch, fluxLimits } from './flux.ts';
export { type GeneratedSuspicion, GeneratedWatch, generatedLimits } from './generated.ts';
export { NameModel } from './name-model.ts';
export { digitShare, entropyOf, isReverse, type NameParts, namePartsOf } from './name-shape.ts';
export { type NameFacts, parsePopularity, type Reputation, reputationOf } from './reputation.ts';
export type { ConnectionSighting, DnsSighting } from './sighting.ts';
export { type TunnelLimits, type TunnelSuspicion, TunnelWatch, tunnelLimits } from './tunnel.ts';
