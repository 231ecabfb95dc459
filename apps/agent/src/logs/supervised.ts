/** Keeps a log source running: a failure is shown, and the source is started again after growing pauses. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogSourceStatus } from '../api/contract.ts';
import { SourceCounters } from './counters.ts';
import type { LogSource, SourceContext } from './source.ts';

/** First and longest pause before a source that failed is started again, milliseconds. */
const firstPause = 1_000;
const longestPause = 300_000;
/** A source that ran this long before it failed is taken as sound: pauses begin anew. */
const soundAfter = 60_000;

/** What a source needs from the agent. */
export type SharedContext = Pick<SourceContext, 'intake' | 'positions' | 'recorded'>;

/** A source under supervision. */
export class SupervisedSource {
  readonly source: LogSource;
  readonly counters = new SourceCounters();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #state: LogSourceStatus['state'] = 'starting';
  #failure: string | undefined;
  #retryTime: number | undefined;

  /** Starts it. */
  constructor(source: LogSource, shared: SharedContext) {
    this.source = source;
    this.#ended = this.#keepRunning(shared);
  }

  /** Ends it; what it had taken is with the recorder then. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  /** Its state, for the API. */
  status(): LogSourceStatus {
    const { source, counters } = this;
    const { name, type } = source.config;
    return {
      name,
      type,
      ...(source.config.type === 'file' && { format: source.config.format ?? 'auto' }),
      state: this.#state,
      places: source.places().slice(0, 100),
      records: counters.records,
      repeated: counters.repeated,
      damaged: counters.damaged,
      lost: counters.lost,
      ...(counters.lastDamage !== undefined && { last_damage: counters.lastDamage.slice(0, 500) }),
      ...(counters.lastReceived !== undefined && { last_received: counters.lastReceived }),
      ...(this.#failure !== undefined && { failure: this.#failure }),
      ...(this.#retryTime !== undefined && { retry_time: this.#retryTime }),
      clocks: source.clocks().map(({ of, clock: { offset, samples } }) => ({
        of,
        offset_ms: Math.round(offset),
        samples,
      })),
    };
  }

  async #keepRunning(shared: SharedContext): Promise<void> {
    const { signal } = this.#stop;
    const running = (): void => {
      this.#state = 'running';
      this.#failure = undefined;
    };
    let pause = firstPause;
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        await this.source.run({ ...shared, signal, counters: this.counters, running });
        if (!signal.aborted) throw new Error('it ended by itself');
      } catch (error) {
        if (signal.aborted) break;
        if (performance.now() - begun > soundAfter) pause = firstPause;
        this.#state = 'failed';
        this.#failure = error instanceof Error ? error.message : String(error);
        this.#retryTime = Date.now() + pause;
        await sleep(pause, undefined, { signal }).catch(() => {});
        this.#retryTime = undefined;
        pause = Math.min(pause * 2, longestPause);
      }
    }
    this.#state = 'stopped';
  }
}
