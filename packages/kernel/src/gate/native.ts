/** The gate's functions of the addon with their types (`native/addon/gate_binding.c`). */

/** An open gate; only the addon looks inside. */
export type NativeGate = { readonly __gate: unique symbol };

/** `type` of a message, as `enum gate_message_type` in `gate.h`. */
export const messageType = {
  judge: 0,
  timedOut: 1,
  denied: 2,
  written: 3,
  mountsChanged: 4,
  overflow: 5,
  watchdogLost: 6,
  blind: 7,
  takenOver: 8,
} as const;

/** What the native thread tells. */
export interface NativeMessage {
  readonly type: number;
  /** Names the request while it waits; a number of its own where it was let through first. Handed back with the answer. */
  readonly id: number;
  /** A descriptor that the callee closes; -1 without one. */
  readonly fd: number;
  readonly pid: number;
  /** Bytes, one a character. */
  readonly path: string;
  readonly waits: boolean;
}

export interface NativeGateFunctions {
  gateOpen(
    timeoutMs: number,
    cacheEntries: number,
    watchdog: string,
    onMessage: (message: NativeMessage) => void,
  ): NativeGate;
  gateMark(
    gate: NativeGate,
    add: boolean,
    fileSystem: boolean,
    exec: boolean,
    write: boolean,
    path: string,
  ): number;
  gateAnswer(gate: NativeGate, id: number, fd: number, allow: boolean, remember: boolean): void;
  gateForget(gate: NativeGate): void;
  gateEnforce(gate: NativeGate, enforces: boolean): void;
  gateBypass(gate: NativeGate, paths: readonly string[]): void;
  gateCounters(gate: NativeGate): Float64Array;
  gateWatch(gate: NativeGate, watchdog: string): number;
  gateClose(gate: NativeGate): void;
}

/** Order of `gateCounters`: `enum gate_counter`, then what the binding adds. */
export const counterNames = [
  'execs',
  'cachedAllows',
  'denies',
  'wouldDeny',
  'asked',
  'joined',
  'timeouts',
  'full',
  'own',
  'bypassed',
  'writes',
  'dropped',
  'overflows',
  'waiting',
  'takenOver',
  'letThrough',
  'evicted',
] as const;
