/** What is counted of a source. */
import type { LogDamage } from '@redoubt/observe/log';

/** Counts and levels of a source since it was started. */
export class SourceCounters {
  /** Records taken. */
  records = 0;
  /** Records that were in the flight recorder already when they were read. */
  repeated = 0;
  /** Parts that could not be read. */
  damaged = 0;
  lastDamage: string | undefined;
  /** Records known to be lost: what a receiver could not hold back. */
  lost = 0;
  /** When the last record was received, milliseconds since the Unix epoch. */
  lastReceived: number | undefined;

  /** Counts a part that could not be read. */
  damage({ name, line, reason }: Pick<LogDamage, 'name' | 'line' | 'reason'>): void {
    this.damaged += 1;
    this.lastDamage = `${name}${line > 0 ? `:${line}` : ''}: ${reason}`;
  }
}
