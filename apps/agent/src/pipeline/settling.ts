/** What is still to come of events and findings that have been handed on: that they are on disk, and late facts. */
import type { Finding } from '@redoubt/model';
import type { Recorder } from '@redoubt/store';
import type { FindingCompletion } from './completion.ts';
import type { StoredLatency } from './stored-latency.ts';

/** How often is looked, milliseconds. */
const interval = 100;

/** What is looked at, and who is told. */
export interface SettlingParts {
  readonly recorder: Pick<Recorder, 'stats'>;
  readonly stored: StoredLatency;
  readonly completion: FindingCompletion;
  readonly publish: (finding: Finding) => void;
}

/** Looks as long as something is to come: a host at rest is not woken. */
export class Settling {
  readonly #parts: SettlingParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SettlingParts) {
    this.#parts = parts;
  }

  /** Something may be to come. */
  expect(): void {
    this.#timer ??= setTimeout(() => this.#look(), interval).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const { recorder, stored, completion, publish } = this.#parts;
    const { eventsWritten, eventsDropped } = recorder.stats();
    stored.settled(eventsWritten + eventsDropped);
    for (const finding of completion.poll()) publish(finding);
    this.#timer = undefined;
    if (stored.waits || completion.waits) this.expect();
  }
}
