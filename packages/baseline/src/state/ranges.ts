/** Parts of a state, told by keys. */
import { compareKeys } from './key.ts';

/** The keys after one key (all from the beginning when it is empty) up to another with it, or to the end. */
export interface KeyRange {
  readonly after: string;
  readonly through?: string;
}

/** Where a key stands to ranges in order, asked for ascending keys. */
export class RangeCursor {
  readonly #ranges: readonly KeyRange[];
  #at = 0;

  constructor(ranges: readonly KeyRange[]) {
    this.#ranges = ranges;
  }

  /** Whether every key up to this one lies before what is left of the ranges. */
  isBefore(key: string): boolean {
    const range = this.#ranges[this.#at];
    return range !== undefined && range.after !== '' && compareKeys(key, range.after) <= 0;
  }

  /** `past`: no later key is in any of them. */
  placeOf(key: string): 'outside' | 'inside' | 'past' {
    for (;;) {
      const range = this.#ranges[this.#at];
      if (range === undefined) return 'past';
      if (range.through === undefined || compareKeys(key, range.through) <= 0)
        return range.after === '' || compareKeys(key, range.after) > 0 ? 'inside' : 'outside';
      this.#at++;
    }
  }
}

/** Ranges in order, those joined that follow each other without a gap. */
export function joinedRanges(ranges: readonly KeyRange[]): KeyRange[] {
  const joined: KeyRange[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last?.through === undefined || last.through !== range.after) joined.push(range);
    else joined[joined.length - 1] = { ...range, after: last.after };
  }
  return joined;
}
