/** Addresses that belong to no one in particular: an indicator from outside that names them is a mistake. */
import { type Network, networkOf, overlap } from './address.ts';

/** Source: IANA special-purpose address registries for IPv4 and IPv6, and their RFCs. */
const ranges: readonly (readonly [network: string, name: string])[] = [
  ['0.0.0.0/8', 'this network (RFC 791)'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'shared by carriers (RFC 6598)'],
  ['127.0.0.0/8', 'loopback (RFC 1122)'],
  ['169.254.0.0/16', 'link-local (RFC 3927)'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.0.0.0/24', 'protocol assignments (RFC 6890)'],
  ['192.0.2.0/24', 'documentation (RFC 5737)'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['198.18.0.0/15', 'benchmarking (RFC 2544)'],
  ['198.51.100.0/24', 'documentation (RFC 5737)'],
  ['203.0.113.0/24', 'documentation (RFC 5737)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['240.0.0.0/4', 'reserved (RFC 1112)'],
  ['::/127', 'unspecified or loopback (RFC 4291)'],
  ['64:ff9b:1::/48', 'local translation (RFC 8215)'],
  ['100::/64', 'discard only (RFC 6666)'],
  ['2001:db8::/32', 'documentation (RFC 3849)'],
  ['3fff::/20', 'documentation (RFC 9637)'],
  ['fc00::/7', 'unique local (RFC 4193)'],
  ['fe80::/10', 'link-local (RFC 4291)'],
  ['fec0::/10', 'site-local (RFC 3879)'],
  ['ff00::/8', 'multicast (RFC 4291)'],
];

const special = ranges.flatMap(([text, name]) => {
  const network = networkOf(text);
  return network === undefined ? [] : [{ network, text, name }];
});

/** The special-purpose range that a network touches, in words; undefined when it touches none. */
export function specialRange(network: Network): string | undefined {
  const found = special.find(one => overlap(one.network, network));
  return found === undefined ? undefined : `${found.text}, ${found.name}`;
}
