/** Starting and ending the writer thread. */
import { Worker } from 'node:worker_threads';
import { messageOf, RecorderError, type RecorderErrorCode } from './errors.ts';
import type { ReadyReply, WriterReply, WriterRequest, WriterSettings } from './writer/protocol.ts';

/** What the thread's owner wants to hear. */
export interface WriterHandlers {
  onReply(reply: Exclude<WriterReply, { type: 'ready' | 'refused' }>): void;
  /** The thread ended though nobody had asked it to. */
  onDeath(reason: string): void;
}

/** A running writer. */
export interface WriterThread {
  readonly ready: ReadyReply;
  post(request: WriterRequest, transfer: ArrayBuffer[]): void;
  /** Resolves when the thread has ended. */
  ended(): Promise<void>;
}

/** The thread's JavaScript heap: chunks are outside it, and what it holds for long is little. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2, stackSizeMb: 2 };

/**
 * Starts the writer.
 * @throws RecorderError when it cannot open the recorder
 */
export function startWriter(settings: WriterSettings, handlers: WriterHandlers): Promise<WriterThread> {
  const worker = new Worker(new URL('./writer/worker.ts', import.meta.url), {
    workerData: settings,
    resourceLimits,
    execArgv: [],
    name: 'recorder',
  });
  const exit = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  let ready = false;
  let over = false;
  const thread = (reply: ReadyReply): WriterThread => ({
    ready: reply,
    post: (request, transfer) => worker.postMessage(request, transfer),
    ended: () => exit,
  });
  return new Promise((resolve, reject) => {
    const died = (reason: string) => {
      if (over) return;
      over = true;
      if (ready) handlers.onDeath(reason);
      else reject(new RecorderError('failed', `the writer of the recorder did not start: ${reason}`));
    };
    worker.on('message', (reply: WriterReply) => {
      if (reply.type === 'ready') {
        ready = true;
        resolve(thread(reply));
      } else if (reply.type === 'refused') {
        over = true;
        void exit.then(() => reject(new RecorderError(reply.code as RecorderErrorCode, reply.message)));
      } else {
        if (reply.type === 'closed') over = true;
        handlers.onReply(reply);
      }
    });
    worker.on('error', error => died(messageOf(error)));
    worker.on('exit', code => died(`exit code ${code}`));
  });
}
