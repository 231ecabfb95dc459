/** What callers hand to the recorder and get back from it. */
import type { EventKind, EventView } from '@redoubt/model';

/**
 * A batch of events as its sensor produced it. The bytes are copied by `append`, so the caller may use them
 * again at once. Batches are kept whole: what a decoder gets back is exactly one batch.
 */
export interface EventBatch {
  /** Name of the encoding of `bytes`; a decoder must be registered under it to read the events back. */
  readonly format: string;
  /** The events, encoded; at most 64 MiB. */
  readonly bytes: Uint8Array;
  /** Number of events in `bytes`. */
  readonly count: number;
  /** Earliest event time, milliseconds since the Unix epoch. */
  readonly firstTime: number;
  /** Latest event time, milliseconds since the Unix epoch. */
  readonly lastTime: number;
  /** Every kind of event that occurs in the batch. */
  readonly kinds: Iterable<EventKind>;
}

/** How long history is kept. Findings are kept for ever; events go first, then processes. */
export interface Retention {
  /** Events older than this go, milliseconds. Default: 7 days. */
  readonly maxAge: number;
  /** The database with its write-ahead log is kept below this, bytes. Default: 2 GiB. */
  readonly maxBytes: number;
  /** The recorder gives up history to leave this much of the disk free, bytes. Default: 128 MiB. */
  readonly minFreeBytes: number;
}

/** What went wrong, as a name that programs can act on. */
export type WarningCode =
  | 'queue-full'
  | 'disk-full'
  | 'disk-low'
  | 'corrupt'
  | 'unclean-stop'
  | 'write-failed'
  | 'writer-died';

/** Something that the operator must know. */
export interface RecorderWarning {
  readonly code: WarningCode;
  /** True when the trouble began or happened, false when a lasting one is over. */
  readonly active: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly text: { readonly en: string; readonly zh: string };
  /** Events known to be lost by this, exactly; absent when the number cannot be known. */
  readonly eventsLost?: number;
}

/** Options of {@link openRecorder}. */
export interface RecorderOptions {
  /** Folder of the recorder; made with mode 0700 when absent. */
  readonly directory: string;
  readonly retention?: Partial<Retention>;
  /** Called for every warning, in order. It must not throw. */
  readonly onWarning?: (warning: RecorderWarning) => void;
  /** Boot that events are recorded under; read from the kernel by default. */
  readonly bootId?: string;
  /** Longest time that an appended event waits before it goes to the writer, milliseconds. Default: 1000. */
  readonly flushInterval?: number;
  /** Events waiting for the disk are kept up to this; then the oldest are dropped. Default: 16 MiB. */
  readonly maxQueueBytes?: number;
  /** Space held back for findings on a full disk, bytes. Default: 8 MiB. */
  readonly reserveBytes?: number;
  /** How often retention runs, milliseconds. Default: 10 000. */
  readonly maintenanceInterval?: number;
}

/** Counters of a recorder since it was opened. */
export interface RecorderStats {
  /** Sequence number that the next event will get. */
  readonly nextSequence: number;
  readonly eventsAppended: number;
  readonly eventsWritten: number;
  /** Dropped because the disk did not keep up or was full; exact. */
  readonly eventsDropped: number;
  /** Bytes of events and rows not yet on disk. */
  readonly queueBytes: number;
  readonly chunksWritten: number;
  /** Bytes of the events written, before and after compression. */
  readonly rawBytes: number;
  readonly storedBytes: number;
  /** Database, write-ahead log and its index, bytes on disk. */
  readonly databaseBytes: number;
  /** Events given up by retention since the recorder was opened. */
  readonly eventsExpired: number;
}

/** Batch as a subscriber sees it, before it is on disk. */
export interface NumberedBatch<Batch extends EventBatch = EventBatch> {
  /** Sequence number of its first event; the others follow. */
  readonly firstSequence: number;
  readonly batch: Batch;
}

/** A stored event. `get('metadata.sequence')` and `toEvent()` carry the sequence number. */
export interface StoredEvent extends EventView {
  readonly sequence: number;
}

/** What a person decided about a finding. */
export interface StatusChange {
  /** OCSF: 1 new, 2 in progress, 3 suppressed, 4 resolved. */
  readonly status: 1 | 2 | 3 | 4;
  /** Why; replaces an earlier comment. */
  readonly comment?: string;
}

/** A record of something lost, kept in the database. */
export interface LossNote {
  readonly id: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly code: WarningCode;
  readonly en: string;
  readonly zh: string;
  /** Exact number of events lost, or null when it cannot be known. */
  readonly events_lost: number | null;
}
