/**
 * Generated names: a program that looks for its master asks for one made-up name after the other, most of which do
 * not exist. One odd name is nothing; many odd registered domains that do not exist, asked for by one process, are.
 */
import { BoundedMap } from './bounded-map.ts';
import type { NameModel } from './name-model.ts';
import { isReverse, namePartsOf } from './name-shape.ts';
import type { DnsSighting } from './sighting.ts';

/** What one asker's questions add up to. */
export interface GeneratedSuspicion {
  readonly asker: string;
  /** Different registered domains that look generated and do not exist. */
  readonly domains: readonly string[];
  /** All different registered domains that it asked for and that do not exist. */
  readonly missing: number;
  readonly firstTime: number;
}

export const generatedLimits = {
  /** Milliseconds after which an asker is counted anew. */
  window: 900_000,
  domains: 8,
  /** Of the domains that do not exist, how many must look generated: a crawler meets dead domains of all looks. */
  share: 0.4,
};

interface Tally {
  since: number;
  readonly odd: Set<string>;
  readonly missing: Set<string>;
  told: boolean;
}

const setLimit = 256;

/** Follows who asks; 1024 askers at most. */
export class GeneratedWatch {
  readonly #model: NameModel;
  readonly #askers = new BoundedMap<Tally>(1024);

  constructor(model: NameModel) {
    this.#model = model;
  }

  see({ time, isAnswer, name, rcode, asker }: DnsSighting): GeneratedSuspicion | undefined {
    if (!isAnswer || rcode !== 'NXDOMAIN' || isReverse(name)) return undefined;
    const { registered, label, isPublic } = namePartsOf(name);
    if (!isPublic) return undefined;
    const make = (): Tally => ({ since: time, odd: new Set(), missing: new Set(), told: false });
    let tally = this.#askers.take(asker, make);
    if (time - tally.since > generatedLimits.window) {
      tally = make();
      this.#askers.set(asker, tally);
    }
    if (tally.missing.size < setLimit) tally.missing.add(registered);
    if (tally.odd.size < setLimit && this.#model.looksGenerated(label)) tally.odd.add(registered);
    const { odd, missing } = tally;
    if (tally.told || odd.size < generatedLimits.domains || odd.size < missing.size * generatedLimits.share)
      return undefined;
    tally.told = true;
    return { asker, domains: [...odd], missing: missing.size, firstTime: tally.since };
  }
}
