/** How far an address reaches (IANA's special-purpose address registries, RFC 6890). */
import { BlockList, isIP } from 'node:net';

export type Scope = 'any' | 'loopback' | 'link-local' | 'multicast' | 'private' | 'public' | 'unknown';

function listOf(...networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', length = ''] = network.split('/');
    list.addSubnet(address, Number(length), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Looked through in this order. Shared address space (RFC 6598) is an operator's own, so it counts as private. */
const scopes: readonly (readonly [Scope, BlockList])[] = [
  ['loopback', listOf('127.0.0.0/8', '::1/128')],
  ['link-local', listOf('169.254.0.0/16', 'fe80::/10')],
  ['multicast', listOf('224.0.0.0/4', 'ff00::/8', '255.255.255.255/32')],
  ['private', listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7')],
];

/** The scope of an address; `any` for the address that stands for all of a host's, `unknown` for what is none. */
export function scopeOf(address: string): Scope {
  if (address === '0.0.0.0' || address === '::' || address === '*') return 'any';
  const family = isIP(address);
  if (family === 0) return 'unknown';
  const type = family === 6 ? 'ipv6' : 'ipv4';
  return scopes.find(([, list]) => list.check(address, type))?.[0] ?? 'public';
}
