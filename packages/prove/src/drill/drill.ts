/** What a drill is: data that a person can read, and the one harmless step that it makes. */
import type { Bilingual } from '@redoubt/model';

/**
 * What a drill cannot do without:
 * `root` — the step needs privileges;
 * `kernel-sensor` — the step happens where only the kernel sensor sees it (a private mount or network
 * namespace, memory, a call that leaves no trace in /proc);
 * `log-drills` — the step is what a log says, and the agent has to follow the logs of drills.
 */
export type DrillNeed = 'root' | 'kernel-sensor' | 'log-drills';

/** Where a drill's step happens. */
export interface DrillPlace {
  /** Unique name of this run, e.g. `redoubt-drill-3f9c21d07be4`; stands in a path or argument of the step. */
  readonly tag: string;
  /** The drill's own directory, absolute; made before the step and removed after it. */
  readonly directory: string;
  /** Absolute path of a shared object without content. */
  readonly emptyObject: string;
}

/** What the lines of a log drill are made of. */
export interface LogPlace {
  /** Unique name of this run; stands in every line. */
  readonly tag: string;
  /** An address of the documentation range that only this run uses. */
  readonly address: string;
  /** Time of the run; no line may bear a later one. */
  readonly now: Date;
}

/** A harmless drill: makes the observable step of an attack technique, and nothing else. */
export interface Drill {
  /** Name on the command line, kebab-case. */
  readonly name: string;
  readonly title: Bilingual;
  /** What it does, in words, and why that is harmless. */
  readonly what: Bilingual;
  /** MITRE ATT&CK technique whose observable step it makes. */
  readonly technique: { readonly uid: string; readonly name: string };
  /** Names (or ids) of the rules of which at least one must find it. */
  readonly rules: readonly string[];
  readonly needs: readonly DrillNeed[];
  /** Directory below which the drill's own directory is made; `/tmp` unless the technique is about another. */
  readonly base?: '/tmp' | '/dev/shm';
  /** The step runs in a control group that is named like a Docker container's. */
  readonly inContainerGroup?: true;
  /** The step and its arguments, as packages/prove/native/main.c lists them. */
  step(place: DrillPlace): readonly string[];
  /** Lines for a log that the agent follows, for drills whose observable step is what a log says. */
  log?(place: LogPlace): readonly string[];
}
