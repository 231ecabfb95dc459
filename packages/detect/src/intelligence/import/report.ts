/** What became of a feed. */
import type { IndicatorKind } from '../kinds.ts';

/** Something of a feed that was not used, or not as it says. */
export interface ReportedPlace {
  /** `line 12`, `object 7`. */
  readonly place: string;
  readonly reason: string;
  readonly text: string;
}

/** How much of a host's own traffic a source would have matched. */
export interface Breadth {
  /** Events with something that could be looked up. */
  readonly events: number;
  /** Of those, how many the source matched. */
  readonly matched: number;
  /** The share above which a source is flagged, 0 to 1. */
  readonly bound: number;
  readonly isTooBroad: boolean;
  /** The indicators that matched most, with their number of events. */
  readonly most: readonly { readonly value: string; readonly events: number }[];
}

/** What became of a feed. Counts are of indicators, unless they say otherwise. */
export interface ImportReport {
  readonly source: string;
  /** In the set from this source afterwards. */
  readonly indicators: number;
  /** Of these, by kind. */
  readonly kinds: Readonly<Partial<Record<IndicatorKind, number>>>;
  /** That the set did not have from this source before. */
  readonly fresh: number;
  readonly taken: number;
  /** Named again by the same feed, or known from it when the feed was added to. */
  readonly duplicates: number;
  /** No longer valid when they came. */
  readonly expired: number;
  /** Taken back by the feed. */
  readonly withdrawn: number;
  readonly refused: number;
  /** Refusals by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first refusals, with their places. */
  readonly refusals: readonly ReportedPlace[];
  /** What is used otherwise than the feed says, the first of them. */
  readonly notes: readonly ReportedPlace[];
  /** What is no indicator, by what it is. */
  readonly ignored: Readonly<Record<string, number>>;
  readonly milliseconds: number;
  /** Where the next reading goes on (TAXII). */
  readonly cursor?: string;
  /** What the check against recent traffic gave, where it was made. */
  readonly breadth?: Breadth;
}

const mostPlaces = 1_000;
const mostReasons = 200;
const other = 'other reasons';

/** Counts by name, with a bound on the names. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    const isRoom = this.#counts.has(name) || this.#counts.size < mostReasons;
    const key = isRoom ? name : other;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  toObject(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort((a, b) => b[1] - a[1]));
  }
}

/** Keeps the first places. */
export class Places {
  readonly list: ReportedPlace[] = [];
  readonly #unit: string;

  /** @param unit what places are counted in: `line` … */
  constructor(unit: string) {
    this.#unit = unit;
  }

  add(at: number, reason: string, text: string): void {
    if (this.list.length >= mostPlaces) return;
    this.list.push({ place: `${this.#unit} ${at}`, reason, text: text.slice(0, 200) });
  }
}
