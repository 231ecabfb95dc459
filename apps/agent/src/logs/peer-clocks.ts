/** The clocks of those who send records. */
import type { ClockSkew } from '@redoubt/observe/log';
import type { ClockOfSource } from './source.ts';

/** Senders that are remembered, and those that are shown. */
const peersKept = 1_000;
const peersShown = 20;

/** Remembers who sent, so that their measured clocks can be listed. */
export class PeerClocks {
  readonly #peers = new Set<string>();
  #clocks: ClockSkew | undefined;

  /** Takes the measures from here. */
  measuredBy(clocks: ClockSkew): void {
    this.#clocks = clocks;
  }

  /** Notes a sender. */
  seen(peer: string): void {
    if (this.#peers.size < peersKept) this.#peers.add(peer);
  }

  /** The measured clocks, the most wrong first. */
  list(): ClockOfSource[] {
    const measured = [...this.#peers].flatMap(of => {
      const clock = this.#clocks?.clock(of);
      return clock === undefined ? [] : [{ of, clock }];
    });
    return measured
      .toSorted((left, right) => Math.abs(right.clock.offset) - Math.abs(left.clock.offset))
      .slice(0, peersShown);
  }
}
