/**
 * How far each source has been read, kept so that no line is lost or recorded twice across `kill -9`.
 *
 * The recorder has no transaction that takes foreign data, so the positions stand in a file of their own,
 * `log-positions.json`. They are saved only after everything up to them is in the flight recorder, together with
 * the number that the next event will get. What is recorded from that number on comes again from the log after a
 * crash, and is known by its identity; see `recorded.ts`. Until all of that has come again nothing is saved: with a
 * newer number, or a place in the middle of it, the next run would not know the rest.
 */
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { FollowPosition } from '@redoubt/observe/log';
import type { Recorder } from '@redoubt/store';

/** Where one log stands. */
export interface LogPlace {
  /** Of a followed file. */
  readonly follow?: FollowPosition;
  /** Of the journal: cursor of the last entry. */
  readonly cursor?: string;
  /** Of a journal without an entry yet: when it was first followed, seconds since the Unix epoch. */
  readonly since?: number;
  /** Identities of records behind the position that are recorded, because an earlier record was not whole yet. */
  readonly ahead?: readonly string[];
}

interface Saved {
  readonly version: 1;
  /** Number that the next event got when the places were true. */
  readonly sequence: number;
  /** When that was, milliseconds since the Unix epoch. */
  readonly time: number;
  readonly sources: Readonly<Record<string, Readonly<Record<string, LogPlace>>>>;
}

/** How often places are saved while they change, milliseconds: what a kill can make the agent read again. */
const saveInterval = 1_000;
/**
 * How often they are saved though nothing has changed, milliseconds: after a crash the record is looked through from
 * the saved number on, which must not be days of other events.
 */
const refreshInterval = 10_000;
const sizeLimit = 64 * 1024 * 1024;

/** The places of all sources. */
export class LogPositions {
  readonly #path: string;
  readonly #recorder: Pick<Recorder, 'flush' | 'stats'>;
  readonly #isCatchingUp: () => boolean;
  readonly #places = new Map<string, Map<string, LogPlace>>();
  #timer: NodeJS.Timeout | undefined;
  readonly #refresh: NodeJS.Timeout;
  #saving: Promise<void> = Promise.resolve();
  #changed = false;
  /** When the last run saved, milliseconds since the Unix epoch; undefined without one. */
  lastRun: number | undefined;
  /** Why places could not be saved the last time. */
  failure: string | undefined;

  /** @param isCatchingUp whether records of the last run are still to come again */
  constructor(
    stateDirectory: string,
    recorder: Pick<Recorder, 'flush' | 'stats'>,
    isCatchingUp: () => boolean = () => false,
  ) {
    this.#path = join(stateDirectory, 'log-positions.json');
    this.#recorder = recorder;
    this.#isCatchingUp = isCatchingUp;
    this.#refresh = setInterval(() => {
      this.#changed ||= this.#places.size > 0;
      void this.save();
    }, refreshInterval);
  }

  /**
   * Takes over the places of the last run.
   * @returns sequence number from which on log records may come again; undefined without an earlier run
   * @throws Error when the file cannot be used
   */
  async load(): Promise<number | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    if (text.length > sizeLimit) throw new Error(`${this.#path} is larger than any of ours`);
    const saved = JSON.parse(text) as Partial<Saved>;
    if (saved.version !== 1 || typeof saved.sequence !== 'number' || typeof saved.sources !== 'object') {
      throw new Error(`${this.#path} holds no positions of logs`);
    }
    for (const [source, places] of Object.entries(saved.sources)) {
      this.#places.set(source, new Map(Object.entries(places)));
    }
    this.lastRun = saved.time;
    return saved.sequence;
  }

  /** The places of a source by log; empty when it was never read. */
  of(source: string): ReadonlyMap<string, LogPlace> {
    return this.#places.get(source) ?? new Map();
  }

  /** Notes a place; call it in the same turn in which the records before it were given to the recorder. */
  set(source: string, log: string, place: LogPlace): void {
    let places = this.#places.get(source);
    if (places === undefined) {
      places = new Map();
      this.#places.set(source, places);
    }
    places.set(log, place);
    this.#changed = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.save();
    }, saveInterval);
  }

  /** Forgets a source that was removed. */
  forget(source: string): void {
    if (this.#places.delete(source)) this.#changed = true;
  }

  /** Saves the places as they are now, once the recorder has written what came before them. */
  save(): Promise<void> {
    this.#saving = this.#saving
      .then(() => this.#save())
      .catch(error => {
        this.failure = error instanceof Error ? error.message : String(error);
        this.#changed = true;
      });
    return this.#saving;
  }

  /** Ends the timer and saves a last time. */
  async close(): Promise<void> {
    clearInterval(this.#refresh);
    clearTimeout(this.#timer);
    await this.save();
    clearTimeout(this.#timer);
  }

  async #save(): Promise<void> {
    if (!this.#changed || this.#isCatchingUp()) return;
    this.#changed = false;
    const saved: Saved = {
      version: 1,
      sequence: this.#recorder.stats().nextSequence,
      time: Date.now(),
      sources: Object.fromEntries(
        [...this.#places].map(([source, places]) => [source, Object.fromEntries(places)]),
      ),
    };
    await this.#recorder.flush();
    const file = await open(`${this.#path}.new`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(saved));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${this.#path}.new`, this.#path);
    this.failure = undefined;
  }
}
