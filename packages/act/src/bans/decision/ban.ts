/** The decision to keep an address or network out. */

/** A ban as it stands, or stood. Times are milliseconds since the Unix epoch. */
export interface Ban {
  /** Address or network, as `parseNetwork` writes it. */
  readonly subject: string;
  /** Who decided: `redoubt` for a jail, `manual` for a person, else the name of a list or of another program. */
  readonly origin: string;
  /** Jail, scenario or reason, in one line. */
  readonly reason: string;
  readonly since: number;
  /** Undefined for ever. */
  readonly until?: number;
  /** How often the subject has been banned so far, this time included: longer each time. */
  readonly times: number;
  /** TCP ports that are closed; everything when undefined. */
  readonly ports?: readonly number[];
  /** Some of the lines that led to it. */
  readonly lines?: readonly string[];
}

/** Whether a ban holds at a time. */
export function isStanding({ until }: Ban, now: number): boolean {
  return until === undefined || until > now;
}

/**
 * How long a ban lasts, milliseconds: each further one `factor` times as long, up to `longest`.
 * @param times how often the subject has been banned, this time included
 */
export function lengthOf(first: number, factor: number, longest: number, times: number): number {
  return Math.min(first * factor ** Math.min(times - 1, 64), longest);
}
