/** The DNS firewall: a resolver on the host that does not resolve what lists name, on the ladder; lists in and out. */
export { networksOf, ownNetworks, RateLimit } from './access.ts';
export {
  HostResolver,
  type HostResolverPlaces,
  hostResolverPlaces,
  pointedContent,
  serversOf,
} from './host-resolver.ts';
export {
  type ListedName,
  type ListFormat,
  type ListTroubles,
  listFormats,
  listName,
  readList,
} from './list-file.ts';
export type { FirewallOrder, FirewallState, JudgedName } from './messages.ts';
export { type BlockList, type LoadedList, NamePolicy, type NameVerdict } from './name-policy.ts';
export { NameSet } from './name-set.ts';
export { FirewallProcess } from './process/firewall-process.ts';
export { type BlockedName, DnsFirewall } from './protection.ts';
export { readQuery } from './query.ts';
export { type BlockAnswer, Resolver, type ResolverCounters } from './resolver.ts';
export { DnsServer } from './server.ts';
export { type DnsSettings, dnsDefaults, parseDnsSettings } from './settings.ts';
export { openUpstream, parseUpstream } from './upstream.ts';
export { type WrittenZone, writeZone } from './zone-writer.ts';
