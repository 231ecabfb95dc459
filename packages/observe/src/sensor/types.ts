/** The seam between those who see the host and those who judge and keep what was seen. */
import type { EventKind, EventView, StoredProcess } from '@redoubt/model';

/** Events that a sensor hands over together. */
export interface ObservedBatch {
  /** Encoding of `bytes`: records of the kernel behind a header, or OCSF events as JSON lines. */
  readonly format: 'kernel-1' | 'ocsf-json';
  /** What the recorder keeps; `decodeStored` or `decodeJsonLines` reads it back. */
  readonly bytes: Uint8Array;
  /** Number of events. A batch that only brings rows, such as a hash that became known, has 0. */
  readonly count: number;
  /** Earliest and latest event, milliseconds since the Unix epoch. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** Every kind of event that occurs. */
  readonly kinds: readonly EventKind[];
  /** The events, in order. Each is an object of its own and may be kept. Can be called again. */
  views(): Iterable<EventView>;
  /** Rows of the processes that are new, changed or ended since the last batch; handed over within a second. */
  readonly processes: readonly StoredProcess[];
}

/** Takes what a sensor sees. */
export interface SensorSink {
  /** Must not throw; a sink that does has the error counted in the sensor's status. */
  batch(batch: ObservedBatch): void;
}

/** Something a sensor cannot do here, in words for the operator. */
export interface SensorLimit {
  en: string;
  zh: string;
}

/** One place where a sensor is attached to the kernel. */
export interface SensorHook {
  name: string;
  attached: boolean;
  /** Why it is not. */
  reason?: string;
}

/** State of a sensor. */
export interface SensorStatus {
  name: string;
  state: 'stopped' | 'starting' | 'running' | 'failed';
  /** True when the sensor sees less than the kernel sensor would. */
  reduced: boolean;
  /** What it cannot see on this host. */
  limits: readonly SensorLimit[];
  /** Where it is attached; empty for a sensor without hooks. */
  hooks: readonly SensorHook[];
  /** Events handed over since the start. */
  events: number;
  /** Events known to be lost since the start. */
  lost: number;
  /** The same by kind of event, where the kind is known. */
  lostByKind: Readonly<Partial<Record<EventKind, number>>>;
  /** Named counts and levels, for metrics. */
  metrics: Readonly<Record<string, number>>;
}

/** Something that sees the host: one unit to load and unload. */
export interface Sensor {
  readonly name: string;
  /**
   * Begins to hand batches to the sink. Resolves when everything that happens from now on is seen.
   * @throws Error with what is missing and what to do about it
   */
  start(sink: SensorSink): Promise<void>;
  /** Hands over what is left and frees everything. Safe to call twice. */
  stop(): Promise<void>;
  status(): SensorStatus;
}
