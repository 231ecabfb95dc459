/** Under what a workload runs: nothing, Redoubt, or one of its peers. */
import type { Usage } from '../lib/process-usage.ts';

/** What a watcher said of itself after one run. */
export interface Witness {
  /** What the watcher's processes used during the run. */
  usage?: Usage;
  /** Events recorded during the run, in the watcher's own unit. */
  recorded?: number;
  /** Events that the watcher says it lost during the run. */
  lost?: number;
  /** Findings made during the run. */
  findings?: number;
}

/** A watcher that runs. */
export interface Running {
  /** Begins to count for one run. The function that it returns ends the counting. */
  observe(): Promise<() => Promise<Witness>>;
  stop(): Promise<void>;
}

/** A way to watch, or not to. */
export interface Condition {
  name: 'none' | 'redoubt' | 'auditd' | 'bpftrace';
  /** Debian packages that it needs. */
  packages: readonly string[];
  /** Why it cannot run on this host, or undefined if it can. */
  obstacle(): Promise<string | undefined>;
  /** Starts the watcher and waits until it records. */
  start(): Promise<Running>;
}

/** No watcher: the reference. */
export const none: Condition = {
  name: 'none',
  packages: [],
  obstacle: async () => undefined,
  start: async () => ({ observe: async () => async () => ({}), stop: async () => {} }),
};
