/** A limit of bytes a second, so that a collection leaves the disk to the server's own work. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that may pass at once. */
const burst = 1 << 20;

/** Makes whoever reads wait so that no more than so many bytes pass in a second. */
export class Pace {
  readonly #bytesPerSecond: number;
  #due = 0;

  /** @param bytesPerSecond 0 for no limit */
  constructor(bytesPerSecond = 0) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Waits until these bytes may pass. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond === 0) return;
    const now = performance.now();
    this.#due = Math.max(this.#due, now) + (bytes / this.#bytesPerSecond) * 1000;
    const wait = this.#due - now - (burst / this.#bytesPerSecond) * 1000;
    if (wait > 1) await sleep(wait, undefined, { ...(signal && { signal }) });
  }
}
