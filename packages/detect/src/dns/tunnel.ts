/**
 * Tunnels: data carried out in names and back in answers. Whoever does this must ask for names that nobody asked for
 * before (else a cache answers), long ones, of letters that look random, below one domain.
 */
import { BoundedMap } from './bounded-map.ts';
import { DistinctCount } from './distinct.ts';
import { isReverse, namePartsOf } from './name-shape.ts';
import type { DnsSighting } from './sighting.ts';

/** What the questions below one registered domain add up to, within one window. */
export interface TunnelSuspicion {
  readonly domain: string;
  readonly queries: number;
  /** About how many different names. */
  readonly names: number;
  /** Mean length of what stands before the registered domain, characters. */
  readonly meanLength: number;
  /** Entropy of those characters together, bits a character. */
  readonly entropy: number;
  /** Share of questions of types that carry much: TXT, NULL, … */
  readonly carrierShare: number;
  /** Characters that went out in names. */
  readonly carried: number;
  readonly asker: string;
  readonly firstTime: number;
}

/** Limits; all of one rule must be reached. */
export interface TunnelLimits {
  /** Milliseconds after which a domain is counted anew. */
  readonly window: number;
  readonly names: number;
  readonly meanLength: number;
  readonly entropy: number;
  /** Of the questions, how many are for names that were not asked for before. */
  readonly freshShare: number;
  /** Different names when most questions are of carrying types; their lengths then matter less. */
  readonly carrierNames: number;
  readonly carrierLength: number;
}

/** A tunnel at work shows within the hour; one that sends a few names an hour to stay below that, within the day. */
export const tunnelLimits: readonly TunnelLimits[] = [
  {
    window: 3_600_000,
    names: 60,
    meanLength: 24,
    entropy: 3.3,
    freshShare: 0.6,
    carrierNames: 40,
    carrierLength: 10,
  },
  {
    window: 86_400_000,
    names: 120,
    meanLength: 24,
    entropy: 3.3,
    freshShare: 0.8,
    carrierNames: 80,
    carrierLength: 10,
  },
];

/** Types whose answers carry data for a tunnel and that programs seldom ask for below one domain by the hundred. */
const carriers = new Set(['TXT', 'NULL', 'TYPE65399', 'DNSKEY', 'NAPTR', 'TYPE258']);
const alphabet = 40;

interface Tally {
  since: number;
  queries: number;
  characters: number;
  carriers: number;
  names: DistinctCount;
  counts: Uint32Array;
  told: boolean;
}

function emptyTally(since: number): Tally {
  const names = new DistinctCount();
  return {
    since,
    queries: 0,
    characters: 0,
    carriers: 0,
    names,
    counts: new Uint32Array(alphabet),
    told: false,
  };
}

/** Follows the registered domains that are asked below of; about 0.6 KB each and window, 4096 at most. */
export class TunnelWatch {
  readonly #windows: readonly Window[];
  readonly #ignored: ReadonlySet<string>;

  /** @param ignored registered domains that are known to carry data in names for good reasons */
  constructor(ignored: ReadonlySet<string> = new Set(), limits = tunnelLimits) {
    this.#windows = limits.map(one => new Window(one));
    this.#ignored = ignored;
  }

  /** Domains that made way for others, since the start. */
  get evicted(): number {
    return this.#windows.reduce((sum, { domains }) => sum + domains.evicted, 0);
  }

  /** @returns a suspicion the first time that a domain reaches the limits in a window */
  see(sighting: DnsSighting): TunnelSuspicion | undefined {
    const { isAnswer, name } = sighting;
    if (isAnswer || isReverse(name)) return undefined;
    const { registered, below } = namePartsOf(name);
    if (below === '' || this.#ignored.has(registered)) return undefined;
    const found = this.#windows.map(window => window.see(sighting, registered, below));
    const suspicion = found.find(one => one !== undefined);
    if (suspicion !== undefined) for (const window of this.#windows) window.told(registered);
    return suspicion;
  }
}

/** The domains of one window. */
class Window {
  readonly domains = new BoundedMap<Tally>(4096);
  readonly #limits: TunnelLimits;

  constructor(limits: TunnelLimits) {
    this.#limits = limits;
  }

  see({ time, type, asker }: DnsSighting, registered: string, below: string): TunnelSuspicion | undefined {
    let tally = this.domains.take(registered, () => emptyTally(time));
    if (time - tally.since > this.#limits.window) {
      tally = emptyTally(time);
      this.domains.set(registered, tally);
    }
    tally.queries++;
    tally.characters += below.length;
    if (carriers.has(type)) tally.carriers++;
    tally.names.add(below);
    for (let at = 0; at < below.length; at++) {
      const code = below.charCodeAt(at);
      const slot =
        code >= 97 && code <= 122 ? code - 97 : code >= 48 && code <= 57 ? code - 22 : code === 46 ? 39 : 38;
      (tally.counts[slot] as number)++;
    }
    if (tally.told || tally.queries < Math.min(this.#limits.names, this.#limits.carrierNames))
      return undefined;
    const suspicion = judged(tally, registered, asker);
    if (!this.#isReached(suspicion)) return undefined;
    tally.told = true;
    return suspicion;
  }

  /** Does not tell of a domain again in this window. */
  told(registered: string): void {
    const tally = this.domains.get(registered);
    if (tally !== undefined) tally.told = true;
  }

  #isReached({ names, queries, meanLength, entropy, carrierShare }: TunnelSuspicion): boolean {
    const { freshShare, ...limits } = this.#limits;
    if (names / queries < freshShare) return false;
    const carries = carrierShare > 0.5 && names >= limits.carrierNames && meanLength >= limits.carrierLength;
    return carries || (names >= limits.names && meanLength >= limits.meanLength && entropy >= limits.entropy);
  }
}

function judged(
  { since, queries, characters, carriers: carried, names, counts }: Tally,
  domain: string,
  asker: string,
): TunnelSuspicion {
  // The dots say nothing: they only part the labels.
  const total = counts.subarray(0, 39).reduce((sum, one) => sum + one, 0);
  let entropy = 0;
  for (const count of counts.subarray(0, 39))
    if (count > 0) entropy -= (count / total) * Math.log2(count / total);
  return {
    domain,
    queries,
    names: Math.round(Math.min(names.estimate(), queries)),
    meanLength: characters / queries,
    entropy,
    carrierShare: carried / queries,
    carried: characters,
    asker,
    firstTime: since,
  };
}
