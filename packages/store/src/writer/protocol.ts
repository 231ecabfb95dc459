/** Messages between the recorder and its writer thread. */
import type { Incident, Suppression } from '@redoubt/model';
import type { SealedChunk } from '../chunk/gatherer.ts';
import type { RecorderWarning, Retention, StatusChange } from '../types.ts';

/** `workerData` of the writer thread. */
export interface WriterSettings {
  readonly directory: string;
  readonly bootId: string;
  readonly retention: Retention;
  readonly reserveBytes: number;
  readonly maintenanceInterval: number;
}

/** What is kept as it is told: the last word on an incident, or on a suppression. */
export type StoredDocument =
  | { readonly type: 'incident'; readonly body: Incident }
  | { readonly type: 'suppression'; readonly body: Suppression };

/** Everything that goes to disk in one transaction. */
export interface WriteRequest {
  readonly type: 'write';
  readonly chunks: SealedChunk[];
  /** JSON array of StoredProcess. */
  readonly processes: string | undefined;
  /** JSON array of Finding. */
  readonly findings: string | undefined;
  /** JSON array of StoredDocument. */
  readonly documents: string | undefined;
  /** Sequence number that the next event will get. */
  readonly nextSequence: number;
  /** Losses to note, found on the caller's side. */
  readonly warnings: RecorderWarning[];
}

/** Sets the status of a finding. */
export interface StatusRequest {
  readonly type: 'status';
  readonly id: number;
  readonly uid: string;
  readonly change: StatusChange;
}

/** Ends the writer: last checkpoint, clean mark, lock released. */
export interface CloseRequest {
  readonly type: 'close';
  readonly nextSequence: number;
}

export type WriterRequest = WriteRequest | StatusRequest | CloseRequest;

/** The database is open. */
export interface ReadyReply {
  readonly type: 'ready';
  readonly nextSequence: number;
  readonly databaseBytes: number;
}

/** A WriteRequest is done with. */
export interface WrittenReply {
  readonly type: 'written';
  /** Buffers of the chunks, given back. */
  readonly buffers: ArrayBuffer[];
  readonly eventsWritten: number;
  readonly eventsDropped: number;
  readonly chunksWritten: number;
  readonly rawBytes: number;
  readonly storedBytes: number;
  /** False when processes and findings could not be written and must be sent again. */
  readonly rowsWritten: boolean;
  readonly databaseBytes: number;
  readonly eventsExpired: number;
}

/** The answer to a StatusRequest: whether there is such a finding. */
export interface StatusReply {
  readonly type: 'status';
  readonly id: number;
  readonly found: boolean;
  readonly error?: string;
}

export interface WarningReply {
  readonly type: 'warning';
  readonly warning: RecorderWarning;
}

/** The writer cannot open the recorder. */
export interface RefusedReply {
  readonly type: 'refused';
  readonly code: string;
  readonly message: string;
}

export interface ClosedReply {
  readonly type: 'closed';
}

export type WriterReply = ReadyReply | WrittenReply | StatusReply | WarningReply | RefusedReply | ClosedReply;
