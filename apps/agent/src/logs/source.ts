/** What every log source has: a task that runs until it is told to stop, and a state that can be shown. */
import type { SourceClock } from '@redoubt/observe/log';
import type { LogSourceConfig } from './config/types.ts';
import type { SourceCounters } from './counters.ts';
import type { LogIntake } from './intake.ts';
import type { LogPositions } from './positions.ts';
import type { RecordedBefore } from './recorded.ts';

/** A clock that records came with. */
export interface ClockOfSource {
  /** Host, address or log. */
  readonly of: string;
  readonly clock: SourceClock;
}

/** What a source works with. */
export interface SourceContext {
  readonly signal: AbortSignal;
  readonly counters: SourceCounters;
  readonly intake: LogIntake;
  readonly positions: LogPositions;
  readonly recorded: RecordedBefore;
  /** Says that the source is at work now. */
  running(): void;
}

/** One way of getting records. */
export interface LogSource {
  readonly config: LogSourceConfig;
  /** Runs until the signal. @throws Error with what is wrong; it is then started again after a pause */
  run(context: SourceContext): Promise<void>;
  /** Logs, ports or units that it has at present, for the operator. */
  places(): string[];
  /** Clocks of those that records come from, the most wrong first. */
  clocks(): ClockOfSource[];
}
