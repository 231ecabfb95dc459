/** What is run under each condition. */

/** How much work one run does. */
export interface Size {
  /** Factor on the amounts of fixed work. */
  scale: number;
  /** Length of the runs that last a fixed time, in seconds. */
  seconds: number;
}

/** What one run did. */
export interface Work {
  seconds: number;
  operations: number;
}

/** A workload that is ready to run. */
export interface Prepared {
  /** One run. Services are started anew in it, so that the condition's watcher sees them from their start. */
  run(): Promise<Work>;
}

/** A workload. */
export interface Workload {
  name: string;
  /** What one operation is. */
  operation: { en: string; zh: string };
  /** Debian packages that it needs. */
  packages: readonly string[];
  /** What the agent may cost here at most, as a ratio of run times. */
  bar: number;
  /**
   * Makes whatever all runs share.
   * @param folder an empty folder of its own
   */
  prepare(folder: string, size: Size): Promise<Prepared>;
}
