/**
 * Programs are hashed while they run already: an event of a start rarely has the digest that a feed would list. So
 * starts without one are remembered by their number until the digest is known, and read again if it is listed.
 */
import type { EventView } from '@redoubt/model';

/** What late digests are looked up with. */
export interface LateDigestsParts {
  /** SHA-256 of the program that a process ran from a path, as soon as it is known. */
  readonly digestOf: (uid: string, path: string) => string | undefined;
  /** Whether any source lists the digest. */
  readonly isListed: (digest: string) => boolean;
  /** Told of a recorded start whose program is listed. */
  readonly onListed: (sequence: number, digest: string) => void;
}

interface Start {
  readonly uid: string;
  readonly path: string;
  readonly since: number;
}

/** How long a digest is waited for, milliseconds. */
const patience = 15_000;
/** Starts that may wait at one time; beyond it the oldest is given up. A hunt through history still finds it. */
const waitingLimit = 4_096;

export class LateDigests {
  readonly #parts: LateDigestsParts;
  readonly #waiting = new Map<number, Start>();

  constructor(parts: LateDigestsParts) {
    this.#parts = parts;
  }

  /** Remembers the event if it is the start of a program whose digest is not known yet. */
  add(view: EventView, sequence: number): void {
    if (view.kind !== 'process.exec' || view.get('process.file.hashes.value') !== undefined) return;
    const uid = view.get('process.uid');
    const path = view.get('process.file.path');
    if (typeof uid !== 'string' || typeof path !== 'string') return;
    this.#waiting.set(sequence, { uid, path, since: performance.now() });
    if (this.#waiting.size <= waitingLimit) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** Looks up what has become known. Call it every second or so. */
  poll(): void {
    const now = performance.now();
    for (const [sequence, { uid, path, since }] of this.#waiting) {
      const digest = this.#parts.digestOf(uid, path);
      if (digest !== undefined || now - since > patience) this.#waiting.delete(sequence);
      if (digest !== undefined && this.#parts.isListed(digest)) this.#parts.onListed(sequence, digest);
    }
  }
}
