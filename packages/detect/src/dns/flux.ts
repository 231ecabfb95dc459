/** Fast flux: one name whose addresses change every few minutes, over many networks that have nothing in common. */
import { BoundedMap } from './bounded-map.ts';
import { namePartsOf } from './name-shape.ts';
import type { DnsSighting } from './sighting.ts';

/** What the answers for one name add up to. */
export interface FluxSuspicion {
  readonly name: string;
  readonly addresses: number;
  /** Different networks of 16 bits (IPv4) or 32 bits (IPv6). */
  readonly networks: number;
  readonly largestTtl: number;
  readonly samples: readonly string[];
  readonly asker: string;
  readonly firstTime: number;
}

/** Holz and others (2008) found 90 % of such names with more than 10 networks; content networks with 1 to 3. */
export const fluxLimits = { window: 86_400_000, addresses: 15, networks: 10, ttl: 600 };

interface Tally {
  since: number;
  readonly addresses: Set<string>;
  readonly networks: Set<string>;
  largestTtl: number;
  told: boolean;
}

const setLimit = 128;

/** Follows names that have several addresses; 4096 at most. */
export class FluxWatch {
  readonly #names = new BoundedMap<Tally>(4096);
  readonly #ignored: ReadonlySet<string>;

  /** @param ignored registered domains of large content networks */
  constructor(ignored: ReadonlySet<string> = new Set()) {
    this.#ignored = ignored;
  }

  see({ time, isAnswer, name, answers, asker }: DnsSighting): FluxSuspicion | undefined {
    if (!isAnswer) return undefined;
    const found = answers.filter(({ type }) => type === 'A' || type === 'AAAA');
    if (found.length === 0) return undefined;
    const aliases = answers.filter(({ type }) => type === 'CNAME').map(({ rdata }) => rdata.toLowerCase());
    if ([name, ...aliases].some(one => this.#ignored.has(namePartsOf(one).registered))) return undefined;
    const make = (): Tally => ({
      since: time,
      addresses: new Set(),
      networks: new Set(),
      largestTtl: 0,
      told: false,
    });
    let tally = this.#names.take(name, make);
    if (time - tally.since > fluxLimits.window) {
      tally = make();
      this.#names.set(name, tally);
    }
    for (const { rdata, ttl } of found) {
      tally.largestTtl = Math.max(tally.largestTtl, ttl);
      if (tally.addresses.size >= setLimit) continue;
      tally.addresses.add(rdata);
      tally.networks.add(
        rdata.includes(':') ? rdata.split(':').slice(0, 2).join(':') : rdata.split('.').slice(0, 2).join('.'),
      );
    }
    const { addresses, networks, largestTtl } = tally;
    const isFlux =
      addresses.size >= fluxLimits.addresses &&
      networks.size >= fluxLimits.networks &&
      largestTtl <= fluxLimits.ttl;
    if (tally.told || !isFlux) return undefined;
    tally.told = true;
    const samples = [...addresses].slice(0, 8);
    return {
      name,
      addresses: addresses.size,
      networks: networks.size,
      largestTtl,
      samples,
      asker,
      firstTime: tally.since,
    };
  }
}
