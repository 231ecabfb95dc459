/** The flight recorder's history, read beside or after the agent that wrote it. */
import { decodeStored, kernelBatchFormat } from '@redoubt/observe';
import { openReader, type Reader, registerDecoder } from '@redoubt/store';

/** Opens the recorder in an agent's state folder. End it with `close`. */
export function openHistory(state: string): Reader {
  registerDecoder(kernelBatchFormat, (bytes, context) =>
    decodeStored(bytes, { lookupProcess: (_bootId, uid, time) => context.processAt(uid, time) }),
  );
  return openReader(state);
}
