/** What goes out as it happens: events, findings and the summary, to everyone who listens to the stream. */
import type { EventView, Finding, Incident } from '@redoubt/model';
import type { StreamMessages, Summary } from './contract.ts';

/** Events that one listener is sent a second at most; the rest is counted and said. */
const eventsPerSecond = 50;

/** What a listener wants, and where it goes. */
export interface Listener {
  /** Topics that it asked for. */
  readonly topics: ReadonlySet<string>;
  /** Whether an event is of interest. */
  readonly wants: (view: EventView) => boolean;
  /** Sends one message. @returns false when the listener does not keep up: then events to it are skipped */
  readonly send: <Name extends keyof StreamMessages>(name: Name, data: StreamMessages[Name]) => boolean;
}

interface Seat {
  listener: Listener;
  sentThisSecond: number;
  skipped: number;
  keepsUp: boolean;
}

/** Hands events, findings and summaries to listeners. Costs nothing an event while nobody listens. */
export class LiveHub {
  readonly #seats = new Set<Seat>();
  #eventListeners = 0;

  /** Takes a listener on. @returns what ends it */
  join(listener: Listener): () => void {
    const seat: Seat = { listener, sentThisSecond: 0, skipped: 0, keepsUp: true };
    this.#seats.add(seat);
    this.#recount();
    return () => {
      this.#seats.delete(seat);
      this.#recount();
    };
  }

  #recount(): void {
    this.#eventListeners = [...this.#seats].filter(seat => seat.listener.topics.has('events')).length;
  }

  /** How many listeners there are. */
  get listeners(): number {
    return this.#seats.size;
  }

  /** Whether anyone listens to events, so that the caller can save itself the walk over a batch. */
  get wantsEvents(): boolean {
    return this.#eventListeners > 0;
  }

  /** Offers an event to every listener of events; `sequence` is its place in the record. */
  event(view: EventView, sequence: number): void {
    for (const seat of this.#seats) {
      if (!seat.listener.topics.has('events') || !seat.listener.wants(view)) continue;
      if (seat.sentThisSecond >= eventsPerSecond || !seat.keepsUp) {
        seat.skipped++;
        continue;
      }
      seat.sentThisSecond++;
      const event = view.toEvent();
      seat.keepsUp = seat.listener.send('event', { ...event, metadata: { ...event.metadata, sequence } });
    }
  }

  /** Sends a finding, new or changed, to every listener of findings. */
  finding(finding: Finding): void {
    for (const { listener } of this.#seats) {
      if (listener.topics.has('findings')) listener.send('finding', finding);
    }
  }

  /** Sends an incident, new or changed, to every listener of incidents. */
  incident(incident: Incident): void {
    for (const { listener } of this.#seats) {
      if (listener.topics.has('incidents')) listener.send('incident', incident);
    }
  }

  /**
   * To be called once a second: says what was skipped, opens the next second's allowance, and sends the summary.
   * @param summary makes the summary; asked only when someone listens to it
   */
  tick(summary: () => Summary): void {
    let made: Summary | undefined;
    for (const seat of this.#seats) {
      const { listener } = seat;
      seat.keepsUp = true;
      if (seat.skipped > 0) seat.keepsUp = listener.send('skipped', { count: seat.skipped });
      seat.skipped = 0;
      seat.sentThisSecond = 0;
      if (listener.topics.has('summary')) {
        made ??= summary();
        listener.send('summary', made);
      }
    }
  }
}
