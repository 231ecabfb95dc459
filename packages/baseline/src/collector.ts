/** What every kind of golden state is made of: a collector, and how it judges what has changed. */
import type { Bilingual, Reason, StateChange, StateEntry } from '@redoubt/model';

/** How a collection is run. */
export interface CollectOptions {
  /** Root of the file system to look at: `/`, or where an image is mounted. */
  readonly root: string;
  readonly signal?: AbortSignal;
  /** Told of progress; `total` where it can be known. */
  readonly onProgress?: (done: number, total?: number) => void;
  /** Told of what could not be looked at, and why. Nothing is passed over in silence. */
  readonly onTrouble?: (trouble: { readonly key: string; readonly text: Bilingual }) => void;
}

/** What a change means. */
export interface DriftJudgement {
  /** OCSF `severity_id`, 1 to 5. */
  readonly severity: number;
  readonly title: Bilingual;
  readonly reasons: readonly Reason[];
  /** Sigma tags: `attack.persistence`, `attack.t1543.002`. */
  readonly tags: readonly string[];
  /** Clauses of GB/T 22239-2019. */
  readonly mlps?: readonly string[];
  readonly advice?: Bilingual;
}

/** One kind of state: a unit that can be collected, compared and judged. */
export interface Collector {
  /** Name in states, policies and findings: `files`, `accounts`. */
  readonly name: string;
  readonly title: Bilingual;
  /** Every entry, in any order, each key once. Memory must not grow with their number. */
  collect(options: CollectOptions): AsyncIterable<StateEntry>;
  /** What a change means; undefined when it is of no interest. */
  judge(change: StateChange): DriftJudgement | undefined;
}
