/** What this host knows of its surroundings that keeps unrelated findings apart. */
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';

/** Addresses of this host. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({ address }) => address));
}

/** Name servers of resolv.conf(5). */
function resolvers(path = '/etc/resolv.conf'): string[] {
  try {
    return [...readFileSync(path, 'utf8').matchAll(/^\s*nameserver\s+(\S+)/gm)].map(
      ([, address = '']) => address,
    );
  } catch {
    return []; // a host without a resolver
  }
}

/** Hosts of the proxies that the environment names, where they are given by address. */
function proxies(environment: NodeJS.ProcessEnv): string[] {
  return ['http_proxy', 'https_proxy', 'all_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap(
    name => {
      const host = URL.parse(environment[name] ?? '')?.hostname ?? '';
      return host === '' ? [] : [host.replace(/^\[|\]$/g, '')];
    },
  );
}

/** Addresses that everything here talks to, through or from. */
export function hubAddresses(environment: NodeJS.ProcessEnv = process.env): string[] {
  return [...ownAddresses(), ...resolvers(), ...proxies(environment)];
}

/** The addresses of this host by its name. */
export function ownHost(): ReadonlyMap<string, readonly string[]> {
  return new Map([[hostname(), ownAddresses()]]);
}
