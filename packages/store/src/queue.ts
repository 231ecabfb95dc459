/** What waits for the writer: bounded in bytes, the oldest events dropped first, every drop counted. */
import type { Finding, StoredProcess } from '@redoubt/model';
import type { SealedChunk } from './chunk/gatherer.ts';
import { messageOf, RecorderError } from './errors.ts';
import type { RecorderStats, RecorderWarning, StatusChange } from './types.ts';
import { queueClear, queueFull, writerDied } from './warnings.ts';
import type { StoredDocument, WriterReply, WrittenReply } from './writer/protocol.ts';
import type { WriterHandlers, WriterThread } from './writer-thread.ts';

/** Chunks handed over at one time: what the writer holds besides the queue. */
const chunksAtOnce = 2;
/** Size that a process row is taken for until it is written, bytes. */
const rowBytes = 600;
/** Time before a writer that died is started again, milliseconds. */
const restartDelay = 1000;

interface QueueOptions {
  readonly maxBytes: number;
  readonly onWarning: (warning: RecorderWarning) => void;
  readonly start: (handlers: WriterHandlers) => Promise<WriterThread>;
}

interface WaitingChunk {
  readonly chunk: SealedChunk;
  /** Its place among all things accepted. */
  readonly place: number;
}

interface InFlight {
  readonly chunkBytes: number;
  readonly events: number;
  readonly processes: Map<string, StoredProcess>;
  readonly findings: Map<string, Finding>;
  readonly documents: Map<string, StoredDocument>;
  /** When this is done, everything accepted up to this place is. */
  readonly accepted: number;
}

/** Queue between the recorder and its writer thread. One request is under way at a time. */
export class WriteQueue {
  /** Called with buffers that may be used again. */
  onBuffer: (buffer: ArrayBuffer) => void = () => {};

  readonly #options: QueueOptions;
  readonly #chunks: WaitingChunk[] = [];
  #chunkBytes = 0;
  #processes = new Map<string, StoredProcess>();
  #findings = new Map<string, Finding>();
  #documents = new Map<string, StoredDocument>();
  readonly #notes: RecorderWarning[] = [];
  readonly #waiting: { accepted: number; resolve: () => void }[] = [];
  readonly #statusCalls = new Map<
    number,
    { resolve: (found: boolean) => void; reject: (error: Error) => void }
  >();
  #statusId = 0;
  #thread: WriterThread | undefined;
  #inFlight: InFlight | undefined;
  #accepted = 0;
  #nextSequence = 0;
  #overflowing = 0;
  #closing = false;
  #closed: (() => void) | undefined;
  readonly #counts = {
    eventsWritten: 0,
    eventsDropped: 0,
    chunksWritten: 0,
    rawBytes: 0,
    storedBytes: 0,
    databaseBytes: 0,
    eventsExpired: 0,
  };

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Starts the writer; returns the sequence number that the next event gets. */
  async open(): Promise<number> {
    const thread = await this.#options.start(this.#handlers());
    this.#thread = thread;
    this.#counts.databaseBytes = thread.ready.databaseBytes;
    this.#nextSequence = thread.ready.nextSequence;
    return thread.ready.nextSequence;
  }

  /** Counters; what the recorder itself counts is added by it. */
  get stats(): Omit<RecorderStats, 'nextSequence' | 'eventsAppended'> {
    return { ...this.#counts, queueBytes: this.#queueBytes };
  }

  /** Takes a chunk, dropping the oldest when the queue is full. */
  pushChunk(chunk: SealedChunk, nextSequence: number): void {
    this.#accepted += 1;
    this.#chunks.push({ chunk, place: this.#accepted });
    this.#chunkBytes += chunk.buffer.byteLength;
    this.#dropOldest();
    this.send(nextSequence);
  }

  /** Takes a process row. */
  setProcess(row: StoredProcess): void {
    this.#processes.set(`${row.boot_id} ${row.uid} ${row.image}`, row);
    this.#accepted += 1;
  }

  /** Takes a finding. */
  setFinding(finding: Finding): void {
    this.#findings.set(finding.finding_info.uid, finding);
    this.#accepted += 1;
  }

  /** Takes an incident or a suppression. */
  setDocument(uid: string, document: StoredDocument): void {
    this.#documents.set(uid, document);
    this.#accepted += 1;
  }

  /** Hands the writer what waits, unless it is at work: then it gets it next. */
  send(nextSequence: number): void {
    this.#nextSequence = nextSequence;
    if (this.#thread === undefined || this.#inFlight !== undefined || this.#isEmpty()) return;
    const chunks = this.#chunks.splice(0, chunksAtOnce).map(({ chunk }) => chunk);
    const next = this.#chunks[0];
    const chunkBytes = chunks.reduce((sum, chunk) => sum + chunk.buffer.byteLength, 0);
    this.#chunkBytes -= chunkBytes;
    this.#inFlight = {
      chunkBytes,
      events: chunks.reduce((sum, chunk) => sum + chunk.count, 0),
      processes: this.#processes,
      findings: this.#findings,
      documents: this.#documents,
      accepted: next === undefined ? this.#accepted : next.place - 1,
    };
    this.#processes = new Map();
    this.#findings = new Map();
    this.#documents = new Map();
    this.#thread.post(
      {
        type: 'write',
        chunks,
        processes: jsonOf(this.#inFlight.processes),
        findings: jsonOf(this.#inFlight.findings),
        documents: jsonOf(this.#inFlight.documents),
        nextSequence,
        warnings: this.#notes.splice(0),
      },
      chunks.map(chunk => chunk.buffer),
    );
  }

  /** Resolves when everything taken so far is written or counted as lost. */
  settled(): Promise<void> {
    if (this.#inFlight === undefined && this.#isEmpty()) return Promise.resolve();
    return new Promise(resolve => this.#waiting.push({ accepted: this.#accepted, resolve }));
  }

  /** Sets the status of a finding. */
  setStatus(uid: string, change: StatusChange): Promise<boolean> {
    const thread = this.#thread;
    if (thread === undefined)
      return Promise.reject(new RecorderError('failed', 'the writer is being started again'));
    return new Promise((resolve, reject) => {
      this.#statusId += 1;
      this.#statusCalls.set(this.#statusId, { resolve, reject });
      thread.post({ type: 'status', id: this.#statusId, uid, change }, []);
    });
  }

  /** Ends the writer. Everything must have settled. */
  async close(nextSequence: number): Promise<void> {
    this.#closing = true;
    const thread = this.#thread;
    if (thread === undefined) return;
    await new Promise<void>(resolve => {
      this.#closed = resolve;
      thread.post({ type: 'close', nextSequence }, []);
    });
    await thread.ended();
  }

  get #queueBytes(): number {
    return this.#chunkBytes + (this.#inFlight?.chunkBytes ?? 0) + this.#processes.size * rowBytes;
  }

  #isEmpty(): boolean {
    const lists = [this.#chunks, this.#notes];
    const maps = [this.#processes, this.#findings, this.#documents];
    return lists.every(list => list.length === 0) && maps.every(map => map.size === 0);
  }

  #dropOldest(): void {
    let dropped = 0;
    while (this.#queueBytes > this.#options.maxBytes && this.#chunks.length > 1) {
      const oldest = this.#chunks.shift()?.chunk;
      if (oldest === undefined) break;
      this.#chunkBytes -= oldest.buffer.byteLength;
      dropped += oldest.count;
      this.onBuffer(oldest.buffer);
    }
    if (dropped === 0) return;
    this.#counts.eventsDropped += dropped;
    if (this.#overflowing === 0) this.#options.onWarning(queueFull(dropped));
    this.#overflowing += dropped;
  }

  #handlers(): WriterHandlers {
    return {
      onReply: reply => this.#take(reply),
      onDeath: reason => this.#restart(reason),
    };
  }

  #take(reply: Exclude<WriterReply, { type: 'ready' | 'refused' }>): void {
    if (reply.type === 'written') this.#done(reply);
    else if (reply.type === 'warning') this.#options.onWarning(reply.warning);
    else if (reply.type === 'closed') this.#closed?.();
    else {
      const call = this.#statusCalls.get(reply.id);
      this.#statusCalls.delete(reply.id);
      if (reply.error === undefined) call?.resolve(reply.found);
      else call?.reject(new RecorderError('failed', reply.error));
    }
  }

  #done(reply: WrittenReply): void {
    const sent = this.#inFlight;
    this.#inFlight = undefined;
    for (const buffer of reply.buffers) this.onBuffer(buffer);
    this.#counts.eventsWritten += reply.eventsWritten;
    this.#counts.eventsDropped += reply.eventsDropped;
    this.#counts.chunksWritten += reply.chunksWritten;
    this.#counts.rawBytes += reply.rawBytes;
    this.#counts.storedBytes += reply.storedBytes;
    this.#counts.databaseBytes = reply.databaseBytes;
    this.#counts.eventsExpired = reply.eventsExpired;
    if (this.#overflowing > 0 && this.#chunks.length === 0) {
      // The note in the database tells the whole number; the first warning told only where it began.
      this.#notes.push(queueFull(this.#overflowing));
      this.#options.onWarning(queueClear());
      this.#overflowing = 0;
    }
    if (sent === undefined) return;
    if (!reply.rowsWritten) this.#keepRows(sent);
    this.#release(sent.accepted);
    if (reply.rowsWritten || this.#chunks.length > 0) this.send(this.#nextSequence);
    else this.#retryLater();
  }

  /** Rows that could not be written wait again; newer ones of the same name stand. */
  #keepRows(sent: InFlight): void {
    this.#processes = new Map([...sent.processes, ...this.#processes]);
    this.#findings = new Map([...sent.findings, ...this.#findings]);
    this.#documents = new Map([...sent.documents, ...this.#documents]);
  }

  #retryLater(): void {
    if (this.#closing) return;
    setTimeout(() => this.send(this.#nextSequence), restartDelay).unref();
  }

  #release(accepted: number): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].accepted <= accepted) {
      this.#waiting.shift()?.resolve();
    }
  }

  #restart(reason: string): void {
    const sent = this.#inFlight;
    this.#thread = undefined;
    this.#inFlight = undefined;
    this.#counts.eventsDropped += sent?.events ?? 0;
    const warning = writerDied(reason, sent?.events ?? 0);
    this.#options.onWarning(warning);
    this.#notes.push(warning);
    for (const call of this.#statusCalls.values()) call.reject(new RecorderError('failed', reason));
    this.#statusCalls.clear();
    if (sent !== undefined) {
      this.#keepRows(sent);
      this.#release(sent.accepted);
    }
    this.#closed?.();
    if (!this.#closing) setTimeout(() => void this.#startAgain(), restartDelay);
  }

  async #startAgain(): Promise<void> {
    try {
      this.#thread = await this.#options.start(this.#handlers());
      this.send(this.#nextSequence);
    } catch (error) {
      this.#restart(messageOf(error));
    }
  }
}

function jsonOf(rows: Map<string, unknown>): string | undefined {
  return rows.size === 0 ? undefined : JSON.stringify([...rows.values()]);
}
