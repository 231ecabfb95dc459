/** The seam of the persistence inventory: one source for each place from which programs are started by themselves. */
import type { Bilingual, Fact } from '@redoubt/model';
import type { Host } from '../host.ts';

/** One thing that makes something run, or lets someone in. */
export interface PersistenceItem {
  /** File in which it is written; a key (`state/key.ts`). */
  readonly path: string;
  /** Tells items of one file apart; the same as long as the item is. */
  readonly id?: string;
  /** What it is called: a unit, a job, a key's comment. */
  readonly name?: string;
  /** What it runs, as written. */
  readonly command?: string;
  /** As whom it runs. */
  readonly user?: string;
  /** When it runs, in the words of its own file: `*-*-* 02:00`, `17 * * * *`, `boot`. */
  readonly schedule?: string;
  /** Whether it is in force; absent where that cannot be told from files. */
  readonly enabled?: boolean;
  /** What else its kind knows. */
  readonly facts?: Readonly<Record<string, Fact>>;
}

/** What makes an item worth a second look, beyond that it is new. */
export interface Remark {
  readonly text: Bilingual;
  /** Fact that it is about. */
  readonly field: string;
  readonly value: string;
  /** How many steps of severity it adds. */
  readonly weight: number;
}

/** A place of persistence. */
export interface PersistenceSource {
  /** In keys and facts: `systemd`. */
  readonly kind: string;
  readonly title: Bilingual;
  /** Files and folders that it looks at, as patterns: a `*` is any text within one name, a last `/` all below. */
  readonly watched: readonly string[];
  /** Sigma tags of what is found here. */
  readonly tags: readonly string[];
  /** Severity of a new item about which nothing else is known, and which no package brought. */
  readonly severity: number;
  /** Every item, each once. */
  collect(host: Host): Iterable<PersistenceItem>;
  /** What is remarkable about the facts of an item, of this kind only. */
  remarks?(facts: Readonly<Record<string, Fact>>): Remark[];
}
