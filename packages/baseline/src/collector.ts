/** What every kind of golden state is made of: a collector, and how it judges what has changed. */
import type { Bilingual, Reason, StateChange, StateEntry } from '@redoubt/model';
import type { CopyStore } from './copies/store.ts';
import type { RestorationLog } from './files/restore/log.ts';
import type { StateHeader, Trees } from './state/format.ts';
import type { KeyRange } from './state/ranges.ts';

/** A state that may have an index beside it. */
export interface IndexedState {
  readonly file: string;
  readonly header: Pick<StateHeader, 'trees' | 'gaps' | 'stretches'>;
}

/** How a collection is run. */
export interface CollectOptions {
  /** Root of the file system to look at: `/`, or where an image is mounted. */
  readonly root: string;
  readonly signal?: AbortSignal;
  /** Told of progress; `total` where it can be known; `bytes` read so far where content is read. */
  readonly onProgress?: (done: number, total?: number, bytes?: number) => void;
  /** Told of what could not be looked at, and why. Nothing is passed over in silence. */
  readonly onTrouble?: (trouble: { readonly key: string; readonly text: Bilingual }) => void;
  /** Told of each folder that is entered and is no entry. */
  readonly onIgnoredFolder?: (key: string) => void;
  /** The golden entries in the order of `compareKeys`, for collectors that can reuse what has not changed. */
  readonly previous?: () => AsyncIterable<StateEntry>;
  /** Only these parts, for collectors that have `changed`. */
  readonly ranges?: readonly KeyRange[];
  /** Everything is looked at anew, whatever `previous` says. */
  readonly full?: boolean;
  /** Most bytes of content that may be read in a second. */
  readonly bytesPerSecond?: number;
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
  /** Changes that share a group and are many become one finding with their number. */
  readonly group?: { readonly key: string; readonly title: Bilingual };
}

/** Why a change is as it should be: a package's transaction that its own hashes confirm. */
export interface Explanation {
  readonly text: Bilingual;
  /** Who made it: `dpkg: nginx 1.22.1-9`. */
  readonly by: string;
}

/** What an explanation is looked for with. */
export interface ExplainOptions {
  readonly root: string;
  /** When the golden state was collected, milliseconds since the Unix epoch. */
  readonly since: number;
}

/** Where copies lie, and what they are of. */
export interface KeepOptions {
  readonly root: string;
  readonly copies: CopyStore;
  readonly onTrouble?: CollectOptions['onTrouble'];
}

/** How something is restored. */
export interface RestoreOptions extends KeepOptions {
  readonly log: RestorationLog;
  readonly dryRun: boolean;
}

/** One kind of state: a unit that can be collected, compared and judged. */
export interface Collector {
  /** Name in states, policies and findings: `files`, `accounts`. Small letters, digits and hyphens. */
  readonly name: string;
  readonly title: Bilingual;
  /** Version of its entries; states of another version must be made anew. 1 unless it says otherwise. */
  readonly version?: number;
  /** The text of the policy that it follows; a state made under another text is refused. */
  readonly policy?: string;
  /** Where it walks, when it has `changed`: kept in the state, so that a check need not read the policy. */
  readonly trees?: Trees;
  /** Facts that are recorded but are no drift: when it was first seen, an inode number. */
  readonly volatile?: readonly string[];
  /** It yields its entries in the order of `compareKeys`; otherwise they are sorted, on disk when many. */
  readonly ordered?: true;
  /** Every entry, each key once. Memory must not grow with their number. */
  collect(options: CollectOptions): AsyncIterable<StateEntry>;
  /**
   * Where something is not as the index of the golden state says, found out faster than by collecting; undefined when
   * that cannot be told.
   * @throws StateError `digest` when the index is not the signed one
   */
  changed?(golden: IndexedState, options: CollectOptions): Promise<readonly KeyRange[] | undefined>;
  /** What a change means; undefined when it is of no interest. */
  judge(change: StateChange): DriftJudgement | undefined;
  /** Why a change is as it should be, if it is; asked for changes that `judge` does not let pass. */
  explain?(change: StateChange, options: ExplainOptions): Promise<Explanation | undefined>;
  /** Keeps a copy of what an entry of a new state is about, where that is wanted; a promise only when there is work. */
  keep?(entry: StateEntry, options: KeepOptions): Promise<void> | undefined;
  /** What a change is, line by line with secrets masked, where that can be told. */
  lines?(change: StateChange, options: KeepOptions): Promise<readonly string[] | undefined>;
  /**
   * Makes the golden form true again; says what it would do when `dryRun`.
   * @returns what was done, in words
   * @throws StateError when it cannot be done
   */
  restore?(change: StateChange, options: RestoreOptions): Promise<Bilingual>;
}
