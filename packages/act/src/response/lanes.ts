/** Work that must not run beside other work on the same thing. */

/** One lane a name: work in it runs one after the other. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs work when all earlier work of the lane is over. */
  async in<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const mine = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    this.#last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }

  isBusy(name: string): boolean {
    return this.#last.has(name);
  }
}
