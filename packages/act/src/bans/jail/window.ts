/** Offences of each subject within a sliding window, in bounded memory. */

/** One offence. */
export interface Offence {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** The line or message, for a person to check. */
  readonly line: string;
  readonly user?: string | undefined;
  /** Tells connections of one address apart: the client's port. */
  readonly connection?: number | undefined;
  /** Counts only if nothing else of its connection does. */
  readonly once?: boolean | undefined;
  /** Number of the event in the record. */
  readonly sequence?: number | undefined;
}

/** What is known of a subject whose offences are too many. */
export interface Tally {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly lines: readonly string[];
  readonly users: readonly string[];
  readonly sequence: number | undefined;
}

interface Counter {
  /** Times of the offences within the window. */
  times: number[];
  lines: string[];
  users: string[];
  connection: number | undefined;
  /** Whether what was last counted of that connection may stand for what follows. */
  wasOnce: boolean;
  sequence: number | undefined;
}

/** Kept of each subject: enough for a person to check, little enough for thousands of subjects at once. */
const linesKept = 3;
const lineLength = 200;
const usersKept = 5;
const userLength = 64;

/**
 * Counters by subject. Beyond the limit the one that offended longest ago goes, counted: a flood of addresses costs
 * no more memory, and what goes first are addresses that try once and not again.
 */
export class OffenceWindow {
  readonly #counters = new Map<string, Counter>();
  readonly #limit: number;
  evicted = 0;

  constructor(limit = 32_768) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#counters.size;
  }

  /**
   * Counts an offence.
   * @returns the tally once there are `maxRetries` within `findTime` milliseconds; the counter then begins anew
   */
  add(subject: string, offence: Offence, findTime: number, maxRetries: number): Tally | undefined {
    const counter = this.#counterOf(subject);
    const { time, line, user, connection, once = false, sequence } = offence;
    const isSame = connection !== undefined && connection === counter.connection;
    if (isSame && (once || counter.wasOnce)) {
      // The connection as a whole was counted already; the first real attempt in it is that one.
      if (!once) counter.wasOnce = false;
      return undefined;
    }
    counter.connection = connection;
    counter.wasOnce = once;
    counter.sequence = sequence;
    const from = time - findTime;
    if ((counter.times[0] ?? from) < from) counter.times = counter.times.filter(one => one >= from);
    counter.times.push(time);
    counter.lines.push(copied(line, lineLength));
    if (counter.lines.length > linesKept) counter.lines.shift();
    if (user !== undefined && counter.users.length < usersKept) {
      const name = copied(user, userLength);
      if (!counter.users.includes(name)) counter.users.push(name);
    }
    if (counter.times.length < maxRetries) return undefined;
    this.#counters.delete(subject);
    const { times, lines, users } = counter;
    return {
      count: times.length,
      first: Math.min(...times),
      last: Math.max(...times),
      lines,
      users,
      sequence,
    };
  }

  #counterOf(subject: string): Counter {
    const known = this.#counters.get(subject);
    if (known !== undefined) {
      // The order matters to nobody before room runs out, and keeping it costs more than counting does.
      if (this.#counters.size > this.#limit / 2) {
        this.#counters.delete(subject);
        this.#counters.set(subject, known);
      }
      return known;
    }
    if (this.#counters.size >= this.#limit) {
      const [oldest] = this.#counters.keys();
      if (oldest !== undefined) this.#counters.delete(oldest);
      this.evicted++;
    }
    const fresh: Counter = {
      times: [],
      lines: [],
      users: [],
      connection: undefined,
      wasOnce: false,
      sequence: undefined,
    };
    this.#counters.set(subject, fresh);
    return fresh;
  }
}

/** A short text that does not keep a long one in memory, as a slice would. */
function copied(text: string, length: number): string {
  return text.length <= length ? text : `${Buffer.from(text.slice(0, length)).toString('utf8')}…`;
}
