/** Whom this host needs to be on the network at all: its routers and its resolvers. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile } from '@redoubt/store/durable';
import { addressOfHex, canonicalAddress } from './address.ts';

/** Files that name the resolvers of a host; systemd's own knows those behind its stub (resolved.conf(5)). */
const resolverFiles = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];
const sizeLimit = 1_000_000;

/** Addresses of the resolvers that such files name, without those on this host. */
export function resolversOf(files: readonly string[] = resolverFiles): string[] {
  const found = new Set<string>();
  for (const file of files)
    for (const [, text = ''] of resolverText(file).matchAll(/^\s*nameserver\s+([^\s%]+)/gm)) {
      const address = canonicalAddress(text);
      if (address !== undefined && !/^(127\.|::1$|0\.0\.0\.0$|::$)/.test(address)) found.add(address);
    }
  return [...found];
}

/**
 * Routers that routes of this host lead through (proc_net_route(5), /proc/net/ipv6_route).
 * @param proc the proc file system, for tests
 */
export function gatewaysOf(proc = '/proc'): string[] {
  const column = (name: string, at: number): string[] =>
    textOf(join(proc, 'net', name))
      .split('\n')
      .map(line => line.trim().split(/\s+/)[at] ?? '');
  const four = column('route', 2).map(hex => addressOfHex(hex));
  // In network order here, unlike in /proc/net/tcp6.
  const six = column('ipv6_route', 4).map(hex => canonicalAddress(hex.replace(/(.{4})(?!$)/g, '$1:')));
  return [...new Set([...four, ...six])].filter(
    address => address !== undefined && address !== '0.0.0.0' && address !== '::',
  ) as string[];
}

function resolverText(path: string): string {
  try {
    // /etc/resolv.conf is often a link.
    return readSmallFile(realpathSync(path), sizeLimit) ?? '';
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
