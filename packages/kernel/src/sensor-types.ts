/** What the rest of Redoubt sees of the kernel sensor. */
import type { EventKind } from '@redoubt/model';

/** Why the sensor cannot run, and what to do about it. */
export class KernelSensorError extends Error {
  override readonly name = 'KernelSensorError';
  /** What a person can do to make it work. */
  readonly remedy: string;

  constructor(reason: string, remedy: string) {
    super(`${reason} ${remedy}`);
    this.remedy = remedy;
  }
}

/** How the sensor is opened. */
export interface KernelSensorOptions {
  /** Size of the kernel's ring buffer; a power of two of at least one page. Default 16 MiB. */
  ringBytes?: number;
  /** Bound of the batches that wait for JavaScript; beyond it the ring fills and losses are counted. Default 32 MiB. */
  queueBytes?: number;
  /** Kinds to record; all by default. */
  kinds?: readonly EventKind[];
}

/** How many events of a kind happened: `recorded + lost` is exactly how many the kernel performed. */
export interface KindCounter {
  kind: EventKind;
  /** Written to the ring. */
  recorded: number;
  /** The ring was full. */
  lost: number;
  /** The same by CPU. */
  perCpu: { recorded: number; lost: number }[];
}

/** One eBPF program and whether it runs. */
export interface HookStatus {
  /** Name of the program. */
  name: string;
  attached: boolean;
  /** Why not, when it does not. */
  reason?: string;
  /** Runs that the kernel skipped because the program would have interrupted itself: a loss too. */
  missed: number;
  /** Runs and the time they took; the kernel counts them only while the sysctl kernel.bpf_stats_enabled is 1. */
  runs: number;
  nanoseconds: number;
}

/** State of the sensor. */
export interface SensorStatus {
  hooks: HookStatus[];
  /** Bytes in the ring now, and its size. */
  ringUsed: number;
  ringSize: number;
  /** Batches, records and bytes handed to JavaScript so far. */
  batches: number;
  bytes: number;
  /** Bytes handed over and not yet taken by JavaScript. */
  queued: number;
  /** How often the reader waited because JavaScript was too far behind. */
  stalls: number;
}

/** The running sensor. */
export interface KernelSensor {
  /**
   * Starts to hand out batches: whole records end to end, for RecordCursor. A batch belongs to the callee.
   * What happened between opening and starting is in the first batches.
   */
  start(onBatch: (batch: ArrayBuffer) => void): void;
  /** Detaches every hook, hands out what is left, frees everything in the kernel. */
  stop(): Promise<void>;
  /** Hands out what is in the ring now; resolves after `onBatch` has had it. */
  flush(): Promise<void>;
  /** Counters of all kinds. */
  counters(): KindCounter[];
  /** Attached hooks and fill levels. */
  status(): SensorStatus;
  /** No event of this process is recorded any more (the agent itself). */
  ignoreProcess(pid: number): void;
  /** Opening one of these files to read is recorded as `file.read`. Files that do not exist are returned. */
  watchReads(paths: readonly string[]): string[];
  /**
   * Creating files and opening them for writing directly inside these directories is not recorded (other changes
   * still are). Missing directories are returned.
   */
  ignoreDirectories(paths: readonly string[]): string[];
  /**
   * An executable that no path leads to any more (memfd, removed file) was opened when its exec was seen and is
   * held for ten seconds, at most 64 of them. This hands over its descriptor, which the caller closes.
   * @returns undefined when the process had ended before it could be opened, or it was taken already
   */
  takeExecutable(pid: number, inode: bigint): number | undefined;
  /** Records these kinds only. */
  setKinds(kinds: readonly EventKind[]): void;
}
