/** Gathers single records into batches, for receivers that get them one at a time. */
import type { LogRecord } from '@redoubt/observe/log';

/** Longest wait of a record, milliseconds. */
const waitMilliseconds = 50;
const recordsAtOnce = 500;

/** Hands records on together; each is waited for by whoever brought it. */
export class RecordGatherer {
  readonly #take: (records: LogRecord[]) => Promise<void>;
  #waiting: LogRecord[] = [];
  #handed: PromiseWithResolvers<void> = Promise.withResolvers();
  #timer: NodeJS.Timeout | undefined;

  constructor(take: (records: LogRecord[]) => Promise<void>) {
    this.#take = take;
  }

  /** Adds a record. Resolves when its batch has been taken and there is room for more. */
  add(record: LogRecord): Promise<void> {
    this.#waiting.push(record);
    const { promise } = this.#handed;
    if (this.#waiting.length >= recordsAtOnce) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), waitMilliseconds);
    return promise;
  }

  /** Hands on what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const records = this.#waiting;
    const { resolve, reject } = this.#handed;
    this.#waiting = [];
    this.#handed = Promise.withResolvers();
    this.#take(records).then(resolve, reject);
  }
}
