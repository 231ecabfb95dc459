/** Records that are in the flight recorder already and will be read again, because their position was not saved. */
import type { Reader } from '@redoubt/store';
import { identityOf } from './entry.ts';

/**
 * How long records are awaited, milliseconds. They come first of all when a source goes on from its saved
 * position; what has not come by then is gone from the log.
 */
const patience = 120_000;

/** Counts, for each source, the records that must not be recorded twice. */
export class RecordedBefore {
  readonly #awaited = new Map<string, { until: number; counts: Map<string, number> }>();

  /** Notes that a record of a source will come again. */
  expect(source: string, identity: string): void {
    let awaited = this.#awaited.get(source);
    if (awaited === undefined) {
      awaited = { until: 0, counts: new Map() };
      this.#awaited.set(source, awaited);
    }
    awaited.until = performance.now() + patience;
    awaited.counts.set(identity, (awaited.counts.get(identity) ?? 0) + 1);
  }

  /** Whether anything of a source is awaited: only then are identities worth their cost. */
  awaits(source: string): boolean {
    const awaited = this.#awaited.get(source);
    if (awaited === undefined) return false;
    if (awaited.counts.size > 0 && performance.now() < awaited.until) return true;
    this.#awaited.delete(source);
    return false;
  }

  /** Whether anything of any source is awaited. */
  get isAwaiting(): boolean {
    return [...this.#awaited.keys()].some(source => this.awaits(source));
  }

  /** Whether this record has been recorded; each noted record is found once. */
  take(source: string, identity: string): boolean {
    const counts = this.#awaited.get(source)?.counts;
    const count = counts?.get(identity) ?? 0;
    if (counts === undefined || count === 0) return false;
    if (count === 1) counts.delete(identity);
    else counts.set(identity, count - 1);
    return true;
  }
}

/** Finds the log records that were recorded from a sequence number on. */
export async function expectRecorded(reader: Reader, from: number, recorded: RecordedBefore): Promise<void> {
  const found = reader.events({
    afterSequence: from - 1,
    filter: view => view.get('unmapped.log_position') !== undefined,
  });
  for await (const view of found) {
    const source = view.get('unmapped.log_source');
    if (typeof source === 'string') recorded.expect(source, identityOf(view.toEvent()));
  }
}
