/** The recorder on its caller's thread: gathers, hands over, counts; it never waits for the disk. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Finding, Incident, StoredProcess, Suppression } from '@redoubt/model';
import { ChunkGatherer } from './chunk/gatherer.ts';
import { RecorderError } from './errors.ts';
import { WriteQueue } from './queue.ts';
import type {
  EventBatch,
  NumberedBatch,
  RecorderOptions,
  RecorderStats,
  Retention,
  StatusChange,
} from './types.ts';
import { startWriter } from './writer-thread.ts';

/** What is kept when nothing is said: 7 days, 2 GiB, and 128 MiB of the disk left to others. */
export const defaultRetention: Retention = {
  maxAge: 7 * 86_400_000,
  maxBytes: 2 ** 31,
  minFreeBytes: 128 << 20,
};

const defaultFlushInterval = 1000;
const findingInterval = 50;
const defaultQueueBytes = 16 << 20;
const defaultReserveBytes = 8 << 20;
const defaultMaintenanceInterval = 10_000;

/**
 * Opens the recorder in a folder for writing.
 *
 * Bound of what `kill -9` can lose: what was appended in the last `flushInterval` (one second by default), and
 * what had not yet been written because the disk did not keep up, which is never more than `maxQueueBytes`.
 * Findings are handed over within 50 ms. A power cut can also lose the events since the last checkpoint of
 * SQLite's log (4 MiB of it), but no finding. Neither damages the database.
 *
 * @throws RecorderError `locked` when another process records there (its pid is named), `invalid` when the
 * database belongs to another program or version, `failed` with the system's reason otherwise
 */
export async function openRecorder<Batch extends EventBatch = EventBatch>(
  options: RecorderOptions,
): Promise<Recorder<Batch>> {
  const queue = new WriteQueue({
    maxBytes: options.maxQueueBytes ?? defaultQueueBytes,
    onWarning: options.onWarning ?? (() => {}),
    start: handlers =>
      startWriter(
        {
          directory: resolve(options.directory),
          bootId: options.bootId ?? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
          retention: { ...defaultRetention, ...options.retention },
          reserveBytes: options.reserveBytes ?? defaultReserveBytes,
          maintenanceInterval: options.maintenanceInterval ?? defaultMaintenanceInterval,
        },
        handlers,
      ),
  });
  const nextSequence = await queue.open();
  return new Recorder<Batch>(queue, nextSequence, options.flushInterval ?? defaultFlushInterval);
}

/** The flight recorder, open for writing. Made by {@link openRecorder}; end it with `close`. */
export class Recorder<Batch extends EventBatch = EventBatch> {
  readonly #queue: WriteQueue;
  readonly #flushInterval: number;
  readonly #gatherer = new ChunkGatherer();
  readonly #subscribers = new Set<(numbered: NumberedBatch<Batch>) => void>();
  #nextSequence: number;
  #appended = 0;
  #timer: NodeJS.Timeout | undefined;
  #findingTimer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Use {@link openRecorder}. */
  constructor(queue: WriteQueue, nextSequence: number, flushInterval: number) {
    this.#queue = queue;
    this.#nextSequence = nextSequence;
    this.#flushInterval = flushInterval;
    queue.onBuffer = buffer => this.#gatherer.recycle(buffer);
  }

  /**
   * Records a batch. Costs a copy of its bytes; the disk is never waited for.
   * @returns sequence number of its first event; the others follow
   * @throws RangeError when the batch is larger than 64 MiB; RecorderError `closed` after `close`
   */
  append(batch: Batch): number {
    this.#refuseWhenClosed();
    const firstSequence = this.#nextSequence;
    if (batch.count === 0) return firstSequence;
    const sealed = this.#gatherer.add(batch, firstSequence);
    this.#nextSequence += batch.count;
    this.#appended += batch.count;
    if (sealed !== undefined) this.#queue.pushChunk(sealed, this.#nextSequence);
    this.#schedule();
    for (const subscriber of this.#subscribers) subscriber({ firstSequence, batch });
    return firstSequence;
  }

  /**
   * Saves processes; a row replaces the earlier one with the same boot, uid and image. Rows saved again before
   * they are written cost no write. Never dropped.
   */
  saveProcesses(rows: Iterable<StoredProcess>): void {
    this.#refuseWhenClosed();
    for (const row of rows) this.#queue.setProcess(row);
    this.#schedule();
  }

  /**
   * Saves a finding: a new one, or a later state of one with the same `finding_info.uid`. A finding whose
   * `redoubt.dedup_key` an unresolved finding has is counted into that one. Never dropped; written within 50 ms.
   */
  saveFinding(finding: Finding): void {
    this.#refuseWhenClosed();
    this.#queue.setFinding(finding);
    this.#sendSoon();
  }

  /** Saves an incident, new or changed. Never dropped; written within 50 ms. */
  saveIncident(incident: Incident): void {
    this.#refuseWhenClosed();
    this.#queue.setDocument(incident.metadata.uid, { type: 'incident', body: incident });
    this.#sendSoon();
  }

  /** Saves a suppression, new or changed. Never dropped; written within 50 ms. */
  saveSuppression(suppression: Suppression): void {
    this.#refuseWhenClosed();
    this.#queue.setDocument(suppression.uid, { type: 'suppression', body: suppression });
    this.#sendSoon();
  }

  /**
   * Sets the status of a finding, and a comment on it.
   * @returns whether there is such a finding
   */
  async updateFinding(uid: string, change: StatusChange): Promise<boolean> {
    await this.flush();
    return this.#queue.setStatus(uid, change);
  }

  /** Resolves when everything given to the recorder so far is where a reader sees it, or is counted as lost. */
  flush(): Promise<void> {
    this.#refuseWhenClosed();
    return this.#flush();
  }

  /**
   * Calls `listener` for every batch as it is appended, before it is on disk. It must not throw.
   * @returns function that ends the subscription
   */
  subscribe(listener: (numbered: NumberedBatch<Batch>) => void): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  /** Counters since opening. */
  stats(): RecorderStats {
    return {
      ...this.#queue.stats,
      nextSequence: this.#nextSequence,
      eventsAppended: this.#appended,
      queueBytes: this.#queue.stats.queueBytes + this.#gatherer.length,
    };
  }

  /** Writes what is left, marks a stop in order and lets the folder go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#findingTimer);
    await this.#flush();
    await this.#queue.close(this.#nextSequence);
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const sealed = this.#gatherer.seal();
    if (sealed !== undefined) this.#queue.pushChunk(sealed, this.#nextSequence);
    this.#queue.send(this.#nextSequence);
    return this.#queue.settled();
  }

  #sendSoon(): void {
    this.#findingTimer ??= setTimeout(() => {
      this.#findingTimer = undefined;
      this.#queue.send(this.#nextSequence);
    }, findingInterval);
  }

  /** The clock runs from the first thing that waits, so that nothing waits longer than the interval. */
  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, this.#flushInterval);
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new RecorderError('closed', 'the recorder is closed');
  }
}
