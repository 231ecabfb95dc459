/** Working no more than a part of the time. */
import { setTimeout as wait } from 'node:timers/promises';

/** Rests shorter than this, milliseconds, are saved up: the system's timer is no finer. */
const least = 5;

/** Rests so that work takes no more than its share of the time. */
export class Rest {
  readonly #share: number;
  #owed = 0;

  /** @param share part of the time that may be worked, above 0 up to 1 */
  constructor(share: number) {
    this.#share = share;
  }

  /** Whether there is nothing to rest for. */
  get isNone(): boolean {
    return this.#share >= 1;
  }

  /** Rests from work. @param worked milliseconds */
  async from(worked: number): Promise<void> {
    if (this.isNone) return;
    this.#owed += worked * (1 / this.#share - 1);
    if (this.#owed < least) return;
    await wait(this.#owed);
    this.#owed = 0;
  }
}
