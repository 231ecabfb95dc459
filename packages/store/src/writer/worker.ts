/** The writer thread: everything that may wait for the disk happens here. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, RecorderError } from '../errors.ts';
import { filesIn } from '../files.ts';
import { takeLock, type WriterLock } from './lock.ts';
import type { StatusRequest, WriterReply, WriterRequest, WriterSettings } from './protocol.ts';
import { WriterStore } from './store.ts';

const port = parentPort;
if (port === null) throw new Error('the writer runs in a thread of the recorder');
const settings = workerData as WriterSettings;
const reply = (message: WriterReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

let lock: WriterLock | undefined;
let timer: NodeJS.Timeout | undefined;
let maintaining: Promise<void> | undefined;

try {
  lock = takeLock(filesIn(settings.directory));
  const store = new WriterStore(settings, warning => reply({ type: 'warning', warning }));
  port.on('message', (request: WriterRequest) => serve(store, request));
  reply({ type: 'ready', nextSequence: store.nextSequence, databaseBytes: store.databaseBytes });
  scheduleMaintenance(store);
} catch (error) {
  lock?.release();
  const code = error instanceof RecorderError ? error.code : 'failed';
  reply({ type: 'refused', code, message: messageOf(error) });
  port.close();
}

function serve(store: WriterStore, request: WriterRequest): void {
  if (request.type === 'write') {
    const written = store.write(request);
    reply(written, written.buffers);
  } else if (request.type === 'status') {
    reply({ type: 'status', id: request.id, ...statusOf(store, request) });
  } else {
    clearTimeout(timer);
    void (maintaining ?? Promise.resolve()).then(() => {
      clearTimeout(timer);
      store.close(request.nextSequence);
      lock?.release();
      reply({ type: 'closed' });
      port?.close();
    });
  }
}

function statusOf(store: WriterStore, { uid, change }: StatusRequest): { found: boolean; error?: string } {
  try {
    return { found: store.setStatus(uid, change) };
  } catch (error) {
    return { found: false, error: messageOf(error) };
  }
}

function scheduleMaintenance(store: WriterStore): void {
  timer = setTimeout(() => {
    // An error ends the thread, and with it reaches the recorder.
    maintaining = store.maintain().then(() => {
      maintaining = undefined;
      scheduleMaintenance(store);
    });
  }, settings.maintenanceInterval);
}
