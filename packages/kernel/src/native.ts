/** The addon's functions with their types (`native/addon/addon.c`), and finding the addon. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { NativeGateFunctions } from './gate/native.ts';
import { KernelSensorError } from './sensor-types.ts';

/** An open sensor; only the addon looks inside. */
export type NativeSensor = { readonly __sensor: unique symbol };

/** A walk through trees that is under way; only the addon looks inside. */
export type NativeWalk = { readonly __walk: unique symbol };

/** A watch of file systems; only the addon looks inside. */
export type NativeWatch = { readonly __watch: unique symbol };

export interface NativeStatus {
  /** `missed`: runs that the kernel skipped because the program interrupted itself. */
  hooks: {
    name: string;
    attached: boolean;
    reason: string;
    missed: number;
    runs: number;
    nanoseconds: number;
  }[];
  ringUsed: number;
  ringSize: number;
  batches: number;
  bytes: number;
  queued: number;
  stalls: number;
}

/** Outcome of each attempt: 0, or a negative errno. */
export interface NativeProbe {
  btf: number;
  ringBuffer: number;
  rawTracepoint: number;
  fentry: number;
  kprobe: number;
  bpfLsm: number;
}

export interface NativeAddon extends NativeGateFunctions {
  open(ringBytes: number, queueBytes: number): NativeSensor;
  attach(sensor: NativeSensor): void;
  start(sensor: NativeSensor, onBatch: (batch: ArrayBuffer) => void): void;
  /** Asks for the next batch; until then no other is handed over. */
  taken(sensor: NativeSensor): void;
  flush(sensor: NativeSensor): Promise<void>;
  stop(sensor: NativeSensor): Promise<void>;
  counters(sensor: NativeSensor): Float64Array;
  status(sensor: NativeSensor): NativeStatus;
  probe(): NativeProbe;
  trim(constants: boolean): void;
  probePids(from: number, to: number): Uint32Array;
  probePorts(from: number, to: number): Uint32Array;
  listTasks(): Uint32Array;
  /** Eight numbers a socket: state, port, uid, inode, four words of address in network order. */
  socketsOf(family: number, protocol: number): Uint32Array;
  bpfPrograms(): {
    id: number;
    type: string;
    typeNumber: number;
    name: string;
    uid: number;
    loaded: number;
    tag: string;
  }[];
  bpfLinks(): { id: number; type: string; program: number; attach: string }[];
  listAttributes(fd: number): string[];
  getAttribute(fd: number, name: string): ArrayBuffer;
  setAttribute(fd: number, name: string, value: Uint8Array): void;
  removeAttribute(fd: number, name: string): void;
  setTimes(fd: number, accessed: bigint, modified: bigint): void;
  /** [CLOCK_REALTIME before, CLOCK_BOOTTIME, CLOCK_REALTIME after], milliseconds. */
  clocks(): Float64Array;
  setIgnoredPids(sensor: NativeSensor, pids: Uint32Array): void;
  setKindsOff(sensor: NativeSensor, kinds: Uint8Array): void;
  takeExecutable(sensor: NativeSensor, pid: number, inode: bigint): number;
  /** Paths below the root without a slash in front, as bytes; `pruned` sorted; `after` a key, empty for none. */
  walkOpen(root: string, starts: readonly Buffer[], pruned: readonly Buffer[], after: Buffer): NativeWalk;
  /** key NUL stat NUL …; empty at the end. */
  walkNext(walk: NativeWalk, count: number): Promise<Buffer>;
  /** `=` or `!`, then folder NUL …; false when the bytes at that place are not what the digest is of. */
  recheck(root: number, file: number, from: number, length: number, sha256: string): Promise<Buffer | false>;
  /** Takes key NUL type NUL prefix NUL …, gives stat NUL status NUL sha256 NUL link NUL xattrs NUL … */
  measure(root: string, requests: Buffer, bytesPerSecond: number): Promise<Buffer>;
  /** A file descriptor, or a negative errno; no link is followed. */
  openBelow(root: number, path: Buffer, flags: number): number;
  /** Hands over key NUL pid NUL (d|f) NUL …; `failed` has an errno's name, or nothing, for each place. */
  watchOpen(
    places: readonly Buffer[],
    covered: readonly Buffer[],
    onEvents: (events: Buffer, lost: number) => void,
  ): { watch: NativeWatch; failed: string[] };
  watchStop(watch: NativeWatch): Promise<void>;
  /** Two descriptors, or a negative errno. */
  socketPair(): [number, number] | number;
  /** A socket that does not wait, or a negative errno. */
  connectUnix(path: string): number;
  /** 0, or a negative errno; of a text of 1 to 64 bytes. */
  sendDescriptor(socket: number, fd: number, text: string): number;
  /** A descriptor, or a negative errno. */
  receiveDescriptor(socket: number): number;
  addFile(sensor: NativeSensor, list: 0 | 1, inode: bigint, device: number): void;
}

/** Where `make -C packages/kernel/native` puts the addon. */
export const addonPath = fileURLToPath(new URL('../build/redoubt_kernel.node', import.meta.url));

/**
 * Loads the addon.
 * @throws KernelSensorError when it has not been built or a library is missing
 */
export function loadAddon(): NativeAddon {
  try {
    return createRequire(import.meta.url)(addonPath) as NativeAddon;
  } catch (error) {
    throw new KernelSensorError(
      `The kernel sensor's addon cannot be loaded: ${error instanceof Error ? error.message : String(error)}.`,
      'Build it with `make -C packages/kernel/native` (needs clang, make, gcc, libbpf-dev, libelf-dev, zlib1g-dev).',
    );
  }
}
