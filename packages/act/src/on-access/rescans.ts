/** Looking later at what was missed: asked for any number of times, done once things have calmed down. */

/** Milliseconds without a further loss after which it begins. */
const calm = 10_000;
/** How long before the first loss was told changes are looked at, milliseconds: the kernel's queue had to fill first. */
const before = 60_000;

export class Rescans {
  readonly #rescan: (since: number) => Promise<number>;
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  /** How many were done. */
  done = 0;

  /** @param rescan looks at what has changed since a moment (milliseconds since the Unix epoch) */
  constructor(rescan: (since: number) => Promise<number>) {
    this.#rescan = rescan;
  }

  /** Something was missed. */
  ask(now = Date.now()): void {
    this.#since ??= now - before;
    if (this.#isRunning) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), calm).unref();
  }

  /** Forgets what was asked for. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#since = undefined;
  }

  async #run(): Promise<void> {
    const since = this.#since;
    if (since === undefined) return;
    this.#since = undefined;
    this.#isRunning = true;
    try {
      await this.#rescan(since);
      this.done += 1;
    } catch {
      // The scanner could not be had; it says so itself. What was missed is still to be looked at.
      this.#since = since;
    }
    this.#isRunning = false;
    if (this.#since !== undefined) this.ask();
  }
}
