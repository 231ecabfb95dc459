/**
 * Addresses that the kernel has lately seen at the other end of an accepted connection. A line in a log is only a
 * claim: who can write a log, or send syslog, could have anybody banned. A ban asks for this evidence too.
 */
import { canonicalAddress } from './address.ts';
import { tcpPeers } from './sessions.ts';

/** How long a peer counts, milliseconds: a connection may be accepted long before its last failed log-in. */
const lately = 7_200_000;

/** The peers, in bounded memory: the ones heard of longest ago go first, counted. */
export class Peers {
  readonly #seen = new Map<string, number>();
  readonly #limit: number;
  evicted = 0;

  constructor(limit = 65_536) {
    this.#limit = limit;
  }

  /** Notes the source of a `network.accept` event. @param time milliseconds since the Unix epoch */
  note(text: string, time: number): void {
    const address = canonicalAddress(text);
    if (address === undefined) return;
    this.#seen.delete(address);
    this.#seen.set(address, time);
    if (this.#seen.size <= this.#limit) return;
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined) this.#seen.delete(oldest);
    this.evicted++;
  }

  /** Whether an address was such a peer within two hours before `now`. */
  has(address: string, now: number): boolean {
    const time = this.#seen.get(address);
    return time !== undefined && now - time <= lately;
  }

  /** The same, or that it has a connection at present, as one that was accepted before the sensor started. */
  hasOrConnected(address: string, now: number): boolean {
    return this.has(address, now) || tcpPeers().some(peer => peer.address === address);
  }
}
