/** The live connection: one stream a page, kept open, and what it last said. */
import { type EventsFilter, failureOf, getSummary, queryOf } from './client.ts';
import type { StreamMessages, Summary } from './contract.ts';

/** `connecting` before the first answer, `lost` once an open connection broke or none could be made. */
export type LinkState = 'connecting' | 'live' | 'lost';

/** Events a second and events lost, as of one summary. */
export interface Sample {
  time: number;
  perSecond: number;
  lost: number;
}

/** What pages can read off the feed at any time. */
export interface FeedState {
  link: LinkState;
  /** Grows by one when the link is back after a break: lists that were loaded before missed something. */
  generation: number;
  summary: Summary | undefined;
  samples: readonly Sample[];
}

type Listener<T> = (message: T) => void;
type Listeners = { [Name in keyof StreamMessages]: Set<Listener<StreamMessages[Name]>> };

/** How many summaries the small charts look back. */
export const sampleCount = 120;
const retryDelays = [500, 1000, 2000, 5000];
/** A browser opens few connections to one host; a page that nobody sees gives its own back. */
const hiddenGrace = 60_000;

/** The agent's stream. Reconnects by itself, and tells `onSignedOut` when the session has ended. */
export class Feed {
  #state: FeedState = { link: 'connecting', generation: 0, summary: undefined, samples: [] };
  readonly #watchers = new Set<() => void>();
  readonly #listeners: Listeners = {
    summary: new Set(),
    finding: new Set(),
    incident: new Set(),
    event: new Set(),
    skipped: new Set(),
  };
  readonly #onSignedOut: () => void;
  #source: EventSource | undefined;
  #events: EventsFilter | undefined;
  #timer: number | undefined;
  #hiddenTimer: number | undefined;
  #failures = 0;
  #missed = false;

  constructor(onSignedOut: () => void) {
    this.#onSignedOut = onSignedOut;
  }

  /** For React: calls back whenever the state changes. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** For React: the state as it is. */
  readonly getState = (): FeedState => this.#state;

  /** Calls back for each message of a kind, until the returned function is called. */
  on<Name extends keyof StreamMessages>(name: Name, listener: Listener<StreamMessages[Name]>): () => void {
    const listeners: Set<Listener<StreamMessages[Name]>> = this.#listeners[name];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Also streams events that match; `undefined` ends that. */
  watchEvents(filter: EventsFilter | undefined): void {
    if (this.#events?.where === filter?.where && this.#events?.kinds === filter?.kinds) return;
    this.#events = filter;
    if (this.#source) this.#open();
  }

  start(): void {
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#open();
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#onVisibility);
    window.clearTimeout(this.#hiddenTimer);
    this.#close();
  }

  readonly #onVisibility = (): void => {
    window.clearTimeout(this.#hiddenTimer);
    if (document.hidden) this.#hiddenTimer = window.setTimeout(this.#rest, hiddenGrace);
    else if (!this.#source) this.#open();
  };

  readonly #rest = (): void => {
    this.#missed = true;
    this.#close();
  };

  #set(change: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...change };
    for (const watcher of this.#watchers) watcher();
  }

  #close(): void {
    window.clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #open(): void {
    this.#close();
    const topics = this.#events ? 'summary,findings,incidents,events' : 'summary,findings,incidents';
    const source = new EventSource(`/api/stream${queryOf({ topics, ...this.#events })}`);
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      const { generation } = this.#state;
      this.#set({ link: 'live', generation: this.#missed ? generation + 1 : generation });
      this.#missed = false;
    };
    source.onerror = () => {
      if (this.#source === source) this.#retry();
    };
    this.#relay(source, 'summary', summary => this.takeSummary(summary));
    this.#relay(source, 'finding');
    this.#relay(source, 'incident');
    this.#relay(source, 'event');
    this.#relay(source, 'skipped');
  }

  #relay<Name extends keyof StreamMessages>(
    source: EventSource,
    name: Name,
    first?: Listener<StreamMessages[Name]>,
  ): void {
    source.addEventListener(name, message => {
      const data = JSON.parse(message.data) as StreamMessages[Name];
      first?.(data);
      const listeners: Set<Listener<StreamMessages[Name]>> = this.#listeners[name];
      for (const listener of listeners) listener(data);
    });
  }

  #retry(): void {
    this.#rest();
    this.#set({ link: 'lost' });
    const delay = retryDelays[Math.min(this.#failures, retryDelays.length - 1)];
    this.#failures += 1;
    this.#timer = window.setTimeout(() => void this.#reopen(), delay);
  }

  /** An EventSource does not say why it failed; a plain request does. */
  async #reopen(): Promise<void> {
    try {
      this.takeSummary(await getSummary());
    } catch (thrown) {
      if (failureOf(thrown).kind === 'unauthorized') this.#onSignedOut();
      else this.#retry();
      return;
    }
    this.#open();
  }

  /** Takes over a summary, from the stream or from a plain request. */
  takeSummary(summary: Summary): void {
    const sample = { time: Date.now(), perSecond: summary.events.per_second, lost: summary.events.lost };
    this.#set({ summary, samples: [...this.#state.samples, sample].slice(-sampleCount) });
  }
}
