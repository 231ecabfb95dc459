/** The flight recorder's history, read as the command line reads it when no agent runs. */
import { openReader, type Reader } from '@redoubt/store';

/** Opens the recorder below an agent's state folder. End it with `close`. */
export function openHistory(state: string): Reader {
  return openReader(state);
}
