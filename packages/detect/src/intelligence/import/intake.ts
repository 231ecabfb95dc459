/** Takes what readers find into a set, and keeps account of it. */
import type { Candidate, IndicatorKind, Sink } from '../kinds.ts';
import type { IndicatorSet } from '../set/indicator-set.ts';
import { forever, mostEntries } from '../table/table.ts';
import { type CheckedValue, type CheckPolicy, checkCandidate } from '../value/check.ts';
import { type ImportReport, Places, Tally } from './report.ts';

/** A source's settings. */
export interface SourceSettings extends Partial<CheckPolicy> {
  readonly name: string;
  /** Confidence where the feed states none, 0 to 100; 50 by default. */
  readonly confidence?: number;
  /** Added to the feed's labels. */
  readonly labels?: readonly string[];
  /** Days for which an indicator counts where the feed does not say; for ever by default. */
  readonly validDays?: number;
  /** Most indicators; 5,000,000 by default. What comes after is refused. */
  readonly limit?: number;
}

export interface IntakeOptions {
  readonly set: IndicatorSet;
  /** Number of the source in the set. */
  readonly source: number;
  readonly settings: SourceSettings;
  /** What places are counted in. */
  readonly unit: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** When an indicator first came from this source, seconds, if it was known before. */
  readonly knownSince: (value: CheckedValue) => number | undefined;
}

const mostLabels = 16;
const longestLabel = 128;
const longestDescription = 300;

/** Seconds since the Unix epoch as a 32-bit number. */
function seconds(milliseconds: number): number {
  return Math.min(Math.max(Math.floor(milliseconds / 1000), 0), forever - 1);
}

export class Intake implements Sink {
  readonly #options: IntakeOptions;
  readonly #policy: CheckPolicy;
  readonly #refusals: Places;
  readonly #notes: Places;
  readonly #reasons = new Tally();
  readonly #ignored = new Tally();
  readonly #withdrawn = new Map<string, CheckedValue>();
  readonly #limit: number;
  #counts = { taken: 0, fresh: 0, duplicates: 0, expired: 0, refused: 0, withdrawn: 0 };

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { settings, unit } = options;
    this.#policy = { local: settings.local ?? false, subdomains: settings.subdomains };
    this.#refusals = new Places(unit);
    this.#notes = new Places(unit);
    this.#limit = Math.min(settings.limit ?? 5_000_000, mostEntries);
  }

  /** Indicators taken so far. */
  get taken(): number {
    return this.#counts.taken;
  }

  /** Why nothing was taken, in words: a source is not emptied by a feed that gives nothing. */
  whyEmpty(): string {
    const { expired, refused } = this.#counts;
    const [first] = this.#refusals.list;
    const example = first === undefined ? '' : `; ${first.place}: ${first.reason}`;
    return `no indicator in it (${expired} expired, ${refused} refused${example}): the source stays as it is`;
  }

  /** What the feed takes back. */
  get withdrawals(): readonly CheckedValue[] {
    return [...this.#withdrawn.values()];
  }

  take(candidate: Candidate, at: number): void {
    const { set, source, settings, now, knownSince } = this.#options;
    const value = checkCandidate(candidate, this.#policy);
    if ('refused' in value) {
      this.refuse(value.refused, at, candidate.value);
      return;
    }
    if (this.#counts.taken >= this.#limit) {
      this.refuse(`beyond the limit of ${this.#limit} indicators`, at, candidate.value);
      return;
    }
    const end =
      candidate.validUntil ??
      (settings.validDays === undefined ? undefined : now + settings.validDays * 86_400_000);
    if (end !== undefined && end <= now) {
      this.#counts.expired++;
      return;
    }
    const known = knownSince(value);
    const labels = [...(settings.labels ?? []), ...(candidate.labels ?? [])];
    const isNew = set.add(value, {
      source,
      confidence: confidenceOf(candidate.confidence ?? settings.confidence ?? 50),
      labels: labels.slice(0, mostLabels).map(label => label.replaceAll(/\s+/g, ' ').slice(0, longestLabel)),
      description: (candidate.description ?? '').slice(0, longestDescription),
      from: candidate.validFrom === undefined ? 0 : seconds(candidate.validFrom),
      until: end === undefined ? forever : seconds(end),
      added: known ?? seconds(now),
    });
    this.#withdrawn.delete(keyText(value));
    if (!isNew) this.#counts.duplicates++;
    else {
      this.#counts.taken++;
      if (known === undefined) this.#counts.fresh++;
    }
  }

  withdraw(candidate: Candidate, at: number): void {
    const value = checkCandidate(candidate, this.#policy);
    if ('refused' in value) {
      this.refuse(value.refused, at, candidate.value);
      return;
    }
    if (this.#withdrawn.size >= this.#limit) {
      this.refuse(`beyond the limit of ${this.#limit} indicators`, at, candidate.value);
      return;
    }
    this.#withdrawn.set(keyText(value), value);
    this.#counts.withdrawn++;
  }

  refuse(reason: string, at: number, text: string): void {
    this.#counts.refused++;
    this.#reasons.add(reason);
    this.#refusals.add(at, reason, text);
  }

  note(text: string, at: number): void {
    this.#notes.add(at, text, '');
  }

  ignore(what: string): void {
    this.#ignored.add(what.slice(0, longestLabel));
  }

  /** The account. @param set the set as it is in the end */
  report(set: IndicatorSet, milliseconds: number): ImportReport {
    const { settings } = this.#options;
    const kinds: Partial<Record<IndicatorKind, number>> = {};
    let indicators = 0;
    for (const hit of set.hits()) {
      if (set.sourceOf(hit)?.name !== settings.name) continue;
      kinds[hit.kind] = (kinds[hit.kind] ?? 0) + 1;
      indicators++;
    }
    return {
      source: settings.name,
      indicators,
      kinds,
      ...this.#counts,
      reasons: this.#reasons.toObject(),
      refusals: this.#refusals.list,
      notes: this.#notes.list,
      ignored: this.#ignored.toObject(),
      milliseconds,
    };
  }
}

function confidenceOf(number: number): number {
  return Math.min(Math.max(Math.round(number), 0), 100);
}

/** The key of a value as one text. */
export function keyText(value: CheckedValue): string {
  return 'text' in value
    ? `${value.kind} ${value.text}`
    : [value.kind, ...value.words, value.prefix, value.port].join(' ');
}
