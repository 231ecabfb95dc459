/** How long events wait before they are on disk. */
import type { EventBatch, NumberedBatch } from '@redoubt/store';
import { LatencyHistogram } from './latency.ts';

interface Waiting {
  /** The batch is on disk once this many events have been settled. */
  settledAt: number;
  /** Time of its first event, which waited longest, milliseconds since the Unix epoch. */
  firstTime: number;
  count: number;
}

/** Follows batches from their append to the moment that the recorder reports them written. */
export class StoredLatency {
  readonly histogram = new LatencyHistogram();
  readonly #waiting: Waiting[] = [];
  #appended = 0;

  /** Whether batches are not known to be on disk. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** Notes a batch that was appended. Log records have waited since they were received, whatever their own time. */
  appended({ batch }: NumberedBatch<EventBatch & { readonly receivedTime?: number }>): void {
    this.#appended += batch.count;
    const firstTime = batch.receivedTime ?? batch.firstTime;
    this.#waiting.push({ settledAt: this.#appended, firstTime, count: batch.count });
  }

  /** Notes that so many events since the start are written, or dropped and counted as such. */
  settled(events: number): void {
    const now = Date.now();
    let done = 0;
    for (const { settledAt, firstTime, count } of this.#waiting) {
      if (settledAt > events) break;
      this.histogram.add(now - firstTime, count);
      done++;
    }
    this.#waiting.splice(0, done);
  }
}
