/** One piece of ordinary work on a server. */
export interface Step {
  name: string;
  /** Debian packages that it needs and that may stay. */
  packages: readonly string[];
  /** Why it cannot be done on this host, or undefined if it can. */
  obstacle?(): string | undefined;
  /**
   * What has to be there before the agent watches, once.
   * @param folder an empty folder of the step's own
   */
  prepare?(folder: string): Promise<void>;
  /** The work. May be done again and again, and leaves nothing but files in its folder. */
  work(folder: string): Promise<void>;
}
