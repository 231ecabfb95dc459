/** How far the clocks of sources stand from ours, measured from when their records arrive. */
import type { LogRecord } from '../record.ts';

/** What is known of a source's clock. */
export interface SourceClock {
  /** How far the source's clock is ahead of ours, milliseconds; negative when it is behind. */
  readonly offset: number;
  /** How many records the measure rests on. */
  readonly samples: number;
}

const window = 64;
const sourcesLimit = 10_000;
/** Below this, delay and skew cannot be told apart, and nothing is corrected. */
const threshold = 2000;

interface Samples {
  readonly values: number[];
  next: number;
  count: number;
}

/**
 * Measures the offset of each source as the greatest (event time − receive time) of its last 64 records: delay
 * on the way only makes events look older, so the freshest record is the truest.
 */
export class ClockSkew {
  readonly #sources = new Map<string, Samples>();

  /** Notes a record's arrival. Both its own time and the receive time stay on the record. */
  observe(source: string, record: LogRecord, receivedTime = Date.now()): void {
    record.receivedTime = receivedTime;
    if (!record.timeIsReceiveTime) this.note(source, record.time, receivedTime);
  }

  /** Notes one pair of times, milliseconds since the epoch. */
  note(source: string, eventTime: number, receivedTime: number): void {
    let samples = this.#sources.get(source);
    if (samples === undefined) {
      if (this.#sources.size >= sourcesLimit) {
        for (const oldest of this.#sources.keys()) {
          this.#sources.delete(oldest);
          break;
        }
      }
      samples = { values: [], next: 0, count: 0 };
      this.#sources.set(source, samples);
    }
    samples.values[samples.next] = eventTime - receivedTime;
    samples.next = (samples.next + 1) % window;
    samples.count += 1;
  }

  /** The clock of a source, or undefined when nothing came from it yet. */
  clock(source: string): SourceClock | undefined {
    const samples = this.#sources.get(source);
    if (samples === undefined) return undefined;
    return { offset: Math.max(...samples.values), samples: samples.count };
  }

  /** An event time on our clock: corrected when the source is measurably ahead, or hours behind as by a wrong zone. */
  corrected(source: string, eventTime: number): number {
    const clock = this.clock(source);
    if (clock === undefined || Math.abs(clock.offset) < threshold) return eventTime;
    return eventTime - clock.offset;
  }
}
