/** Going round the resolver: plain DNS to others, DNS over TLS (port 853), DNS over HTTPS to known servers. */
import { isIP } from 'node:net';
import { basename } from 'node:path';
import type { ConnectionSighting } from './sighting.ts';

/** How a program went round the resolver. */
export interface BypassSuspicion {
  readonly how: 'plain' | 'tls' | 'https';
  readonly address: string;
  readonly port: number;
  readonly asker: string;
  readonly program: string;
  /** What tells: the address list, or the name that TLS was opened for. */
  readonly known?: string;
}

/** Public resolvers that answer over HTTPS, as a list of addresses and names. */
export interface PublicResolvers {
  /** Address to the name of who runs it. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly names: ReadonlySet<string>;
}

/** Programs that resolve for others: to ask servers of their choice is their work. */
const resolverPrograms = new Set([
  'systemd-resolved',
  'unbound',
  'named',
  'dnsmasq',
  'pdns_recursor',
  'kresd',
  'knot-resolver',
  'dnscrypt-proxy',
  'stubby',
  'coredns',
  'dockerd',
]);

/**
 * Reads a list of public resolvers: a line each, `ADDRESS|NAME OPERATOR`; `#` begins a comment.
 */
export function parsePublicResolvers(text: string): PublicResolvers {
  const addresses = new Map<string, string>();
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const [what = '', ...operator] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(what) !== 0) addresses.set(what, operator.join(' '));
    else if (what !== '') names.add(what.toLowerCase());
  }
  return { addresses, names };
}

/** Judges connections and questions one by one. */
export class BypassWatch {
  readonly #known: PublicResolvers;
  readonly #configured: () => ReadonlySet<string>;

  /** @param configured addresses of the resolvers that this host is told to use */
  constructor(known: PublicResolvers, configured: () => ReadonlySet<string>) {
    this.#known = known;
    this.#configured = configured;
  }

  see({ address, port, asker, program, serverName }: ConnectionSighting): BypassSuspicion | undefined {
    const named =
      serverName !== undefined && this.#known.names.has(serverName.toLowerCase()) ? serverName : undefined;
    const known = named ?? this.#known.addresses.get(address);
    const how =
      port === 53
        ? 'plain'
        : port === 853
          ? 'tls'
          : port === 443 && known !== undefined
            ? 'https'
            : undefined;
    if (how === undefined || resolverPrograms.has(basename(program))) return undefined;
    if (how !== 'https' && (isLocal(address) || this.#configured().has(address))) return undefined;
    return { how, address, port, asker, program, ...(known !== undefined && { known }) };
  }
}

function isLocal(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
