/** Explaining changes by packages, whichever manager installed them. */
import type { StateChange } from '@redoubt/model';
import type { ExplainOptions, Explanation } from '../../collector.ts';
import { DpkgWitness } from './dpkg.ts';
import { RpmWitness } from './rpm.ts';

/** Asks dpkg, then rpm. */
export class PackageWitness {
  readonly #witnesses: readonly [DpkgWitness, RpmWitness];

  constructor(options: ExplainOptions) {
    this.#witnesses = [new DpkgWitness(options), new RpmWitness(options)];
  }

  /** @returns undefined when no package explains the change */
  async explain(change: StateChange): Promise<Explanation | undefined> {
    for (const witness of this.#witnesses) {
      const explanation = await witness.explain(change);
      if (explanation !== undefined) return explanation;
    }
    return undefined;
  }
}
