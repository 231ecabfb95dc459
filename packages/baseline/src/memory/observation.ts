/** What a check of memory can find. Each is a fact; what it means is said in findings.ts. */

/** Kinds of observation. */
export type ObservationKind =
  | 'text.changed'
  | 'text.breakpoints'
  | 'import.outside'
  | 'import.redirected'
  | 'region.anonymous'
  | 'region.writable'
  | 'region.memfd'
  | 'region.stack'
  | 'region.everything'
  | 'region.elf'
  | 'file.not-elf'
  | 'library.deleted'
  | 'library.place'
  | 'library.preloaded'
  | 'program.memfd'
  | 'program.deleted'
  | 'program.replaced'
  | 'thread.outside'
  | 'golden.changed'
  | 'golden.unknown'
  | 'memory.rule';

/** One thing that a check found in a process. */
export interface Observation {
  readonly kind: ObservationKind;
  /** OCSF `severity_id`. */
  readonly severity: number;
  /** What it is about, stable from one check to the next and from one process of a program to the next. */
  readonly subject: string;
  /** Address, bytes; 0 when it is not about one place. */
  readonly address: number;
  /** Facts that a person can check, in the order in which they are told. */
  readonly facts: Readonly<Record<string, string>>;
}
