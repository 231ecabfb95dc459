/** Opening and driving the kernel sensor. */
import { statSync } from 'node:fs';
import type { EventKind } from '@redoubt/model';
import { kindCount, kindNames } from './decode/layout.ts';
import { loadAddon, type NativeAddon, type NativeSensor } from './native.ts';
import {
  type HookStatus,
  type KernelSensor,
  KernelSensorError,
  type KernelSensorOptions,
  type KindCounter,
  type SensorStatus,
} from './sensor-types.ts';

const defaultRingBytes = 16 * 1024 * 1024;
const defaultQueueBytes = 32 * 1024 * 1024;
const kindSlots = 64;
const mostIgnoredPids = 8;

/** The kernel's device number (`major << 20 | minor`) from the C library's encoding in `stat.dev`. */
export function kernelDevice(dev: bigint): number {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return Number((major << 20n) | minor);
}

/**
 * Loads the eBPF programs and attaches them. Events are recorded from here on.
 * @throws KernelSensorError with what is missing and what to do about it
 */
export function openKernelSensor(options: KernelSensorOptions = {}): KernelSensor {
  const ringBytes = options.ringBytes ?? defaultRingBytes;
  if (!Number.isInteger(Math.log2(ringBytes)) || ringBytes < 4096 || ringBytes > 2 ** 30) {
    throw new RangeError(`ringBytes must be a power of two from 4096 to 2^30, not ${ringBytes}`);
  }
  const addon = loadAddon();
  try {
    const sensor = addon.open(ringBytes, options.queueBytes ?? defaultQueueBytes);
    return new EbpfSensor(addon, sensor, options.kinds);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KernelSensorError(`The kernel sensor cannot start: ${reason}.`, remedyFor(error));
  }
}

function remedyFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (process.getuid?.() !== 0 || code === 'EPERM') {
    return 'It needs root (CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE).';
  }
  return 'It needs Linux 5.17 or later with BTF (CONFIG_DEBUG_INFO_BTF); `./redoubt doctor` shows what this kernel has.';
}

class EbpfSensor implements KernelSensor {
  readonly #addon: NativeAddon;
  readonly #sensor: NativeSensor;
  readonly #ignoredPids: number[] = [];
  #started = false;
  #stopping = false;

  constructor(addon: NativeAddon, sensor: NativeSensor, kinds: readonly EventKind[] | undefined) {
    this.#addon = addon;
    this.#sensor = sensor;
    if (kinds) this.setKinds(kinds);
    addon.attach(sensor);
  }

  start(onBatch: (batch: ArrayBuffer) => void): void {
    this.#addon.start(this.#sensor, batch => {
      // The next batch comes in another turn of the event loop, after whatever else is due in this one.
      setImmediate(() => {
        if (!this.#stopping) this.#addon.taken(this.#sensor);
      });
      onBatch(batch);
    });
    this.#started = true;
  }

  stop(): Promise<void> {
    this.#stopping = true;
    return this.#addon.stop(this.#sensor);
  }

  async flush(): Promise<void> {
    if (this.#started) await this.#addon.flush(this.#sensor);
  }

  counters(): KindCounter[] {
    const values = this.#addon.counters(this.#sensor);
    const cpus = values.length / kindCount / 2;
    return kindNames.slice(1).map((kind, index) => {
      const perCpu = Array.from({ length: cpus }, (_, cpu) => {
        const at = ((index + 1) * cpus + cpu) * 2;
        return { recorded: values[at] ?? 0, lost: values[at + 1] ?? 0 };
      });
      return {
        kind,
        recorded: perCpu.reduce((sum, one) => sum + one.recorded, 0),
        lost: perCpu.reduce((sum, one) => sum + one.lost, 0),
        perCpu,
      };
    });
  }

  status(): SensorStatus {
    const { hooks, ...levels } = this.#addon.status(this.#sensor);
    return {
      ...levels,
      hooks: hooks.map(({ reason, ...hook }): HookStatus => (reason ? { ...hook, reason } : hook)),
    };
  }

  ignoreProcess(pid: number): void {
    if (this.#ignoredPids.includes(pid)) return;
    if (this.#ignoredPids.length === mostIgnoredPids) {
      throw new RangeError(`at most ${mostIgnoredPids} processes can be ignored`);
    }
    this.#ignoredPids.push(pid);
    this.#addon.setIgnoredPids(this.#sensor, Uint32Array.from(this.#ignoredPids));
  }

  watchReads(paths: readonly string[]): string[] {
    return this.#addFiles(0, paths);
  }

  ignoreDirectories(paths: readonly string[]): string[] {
    return this.#addFiles(1, paths);
  }

  takeExecutable(pid: number, inode: bigint): number | undefined {
    const descriptor = this.#addon.takeExecutable(this.#sensor, pid, inode);
    return descriptor < 0 ? undefined : descriptor;
  }

  #addFiles(list: 0 | 1, paths: readonly string[]): string[] {
    return paths.filter(path => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (stat) this.#addon.addFile(this.#sensor, list, stat.ino, kernelDevice(stat.dev));
      return stat === undefined;
    });
  }

  setKinds(kinds: readonly EventKind[]): void {
    const off = new Uint8Array(kindSlots);
    for (const [number, kind] of kindNames.entries()) off[number] = kinds.includes(kind) ? 0 : 1;
    this.#addon.setKindsOff(this.#sensor, off);
  }
}
