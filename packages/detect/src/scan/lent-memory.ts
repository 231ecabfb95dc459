/** Memory for the contents of files, one after the other: fresh memory costs more than reading into it. */

const first = 4 * 2 ** 20;
/** Larger contents, which are rare, get memory of their own. */
const most = 64 * 2 ** 20;

/** Grows to the largest content that it has held, up to a bound. */
export class LentMemory {
  #memory = Buffer.alloc(0);
  #turn: Promise<unknown> = Promise.resolve();

  /** Lets a piece of work have the memory as soon as nobody else has it. @throws what the work throws */
  lend<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Memory for a content of that many bytes, good until the next call; undefined when it is too large. */
  take(bytes: number): Buffer | undefined {
    if (bytes > most) return undefined;
    if (bytes > this.#memory.length)
      this.#memory = Buffer.allocUnsafeSlow(
        Math.max(first, Math.min(2 ** Math.ceil(Math.log2(bytes)), most)),
      );
    return this.#memory.subarray(0, bytes);
  }
}
