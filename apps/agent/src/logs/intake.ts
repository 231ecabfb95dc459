/** Takes log records into the agent: recorded, judged, shown; and holds sources back when the agent is behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Detector } from '@redoubt/detect';
import type { Recorder } from '@redoubt/store';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { logBatches } from './batches.ts';
import type { SourceCounters } from './counters.ts';
import { identityOf, type LogEntry } from './entry.ts';
import type { RecordedBefore } from './recorded.ts';

/** Parts that the intake works with. */
export interface IntakeParts {
  readonly pipeline: Pick<Pipeline, 'recordLogs'>;
  readonly detector: Pick<Detector, 'evaluateRecord'>;
  readonly recorder: Pick<Recorder, 'stats' | 'flush'>;
  readonly recorded: RecordedBefore;
}

/** Logs wait while the recorder has this much to write; it drops the oldest events only at four times as much. */
const queueBytes = 4 << 20;
const lookMilliseconds = 25;
/** Work in one go after which others are let run for as long, milliseconds: logs take half a core at most. */
const workMilliseconds = 5;

/** The one door for records of all logs. */
export class LogIntake {
  readonly #parts: IntakeParts;
  #worked = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /**
   * Records what is not recorded yet, then judges everything. It never waits, so that the caller can note its new
   * position in the same turn.
   */
  take(source: string, entries: readonly LogEntry[], counters: SourceCounters): void {
    if (entries.length === 0) return;
    const begun = performance.now();
    const { pipeline, recorded } = this.#parts;
    const fresh = recorded.awaits(source)
      ? entries.filter(({ event }) => !recorded.take(source, identityOf(event)))
      : entries;
    for (const batch of logBatches(fresh.map(({ event }) => event))) pipeline.recordLogs(batch);
    counters.records += entries.length;
    counters.repeated += entries.length - fresh.length;
    counters.lastReceived = entries.at(-1)?.event.metadata.logged_time;
    // What was recorded before may not have been judged before the agent was killed.
    for (const entry of entries) this.#judge(entry, counters);
    this.#worked += performance.now() - begun;
  }

  /** Resolves when there is room for more; at once when the signal aborts. */
  async room(signal: AbortSignal): Promise<void> {
    const worked = this.#worked;
    if (worked > workMilliseconds) {
      this.#worked = 0;
      await sleep(Math.min(worked, 250));
    }
    while (!signal.aborted && this.#parts.recorder.stats().queueBytes > queueBytes) {
      await sleep(lookMilliseconds);
    }
  }

  /** Resolves when everything taken so far is on disk. */
  flush(): Promise<void> {
    return this.#parts.recorder.flush();
  }

  #judge({ record, event }: LogEntry, counters: SourceCounters): void {
    const { logsource, fields } = record;
    try {
      this.#parts.detector.evaluateRecord({ logsource, fields, time: event.time, toEvent: () => event });
    } catch (error) {
      const reason = `could not be judged: ${error instanceof Error ? error.message : String(error)}`;
      counters.damage({ name: record.name, line: record.place.line, reason });
    }
  }
}
