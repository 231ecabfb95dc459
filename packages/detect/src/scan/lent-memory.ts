/** Memory for the contents of files, one after the other: fresh memory costs far more than reading into it. */

import { defaultLimits } from './limits.ts';

/** Larger contents, which the usual limits do not allow, get memory of their own. */
const most = defaultLimits.contentBytes;

/** Asked of the system as a whole, but only what contents have filled takes room. */
export class LentMemory {
  #memory: Buffer | undefined;
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
    this.#memory ??= Buffer.allocUnsafeSlow(most);
    return this.#memory.subarray(0, bytes);
  }
}
