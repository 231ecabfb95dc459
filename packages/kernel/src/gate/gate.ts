/** The gate for JavaScript: a verdict for each execution, and word of each file that was written. */
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAddon, type NativeAddon } from '../native.ts';
import { isGateable, isRemote, type Mount, readMounts } from './mounts.ts';
import { counterNames, messageType, type NativeGate, type NativeMessage } from './native.ts';

/** A file that is about to be run, or was (at audit). */
export interface GatedFile {
  /** Open for reading until the judge has settled; it is closed then. */
  readonly fd: number;
  /** As the kernel names it, seen from this process; bytes that are no UTF-8 stand as U+FFFD. */
  readonly path: string;
  readonly pid: number;
  /** Whether the process waits for the verdict. */
  readonly waits: boolean;
}

/** What a judge says. */
export interface GateVerdict {
  readonly allow: boolean;
  /** Whether the same content may be answered without asking again. */
  readonly remember: boolean;
  /** The descriptor stays open until this has settled; without it, until the verdict is given. */
  readonly until?: Promise<unknown>;
}

/** What of a mount is watched. */
export interface Coverage {
  readonly execs: boolean;
  readonly writes: boolean;
}

/** Something that happened at the gate and should be known. */
export interface GateEvent {
  /**
   * `denied`: a remembered verdict denied it (at audit: would have). `timed-out`, `blind`, `failed`: let through
   * without a verdict, because none came in time, too many waited, or the judge failed. `overflow`: writes were missed.
   * `taken-over`: this process was stopped or starved, and the watchdog let everything through meanwhile.
   */
  readonly kind: 'denied' | 'timed-out' | 'blind' | 'failed' | 'overflow' | 'watchdog-lost' | 'taken-over';
  readonly path: string;
  readonly pid: number;
  readonly error?: unknown;
}

/** Counters since the gate was opened; each execution is in exactly one of `cachedAllows` … `bypassed`. */
export type GateCounters = Readonly<Record<(typeof counterNames)[number], number>>;

/** How a gate is opened. */
export interface GateOptions {
  /** Judges a file. What it throws lets the file through, unremembered. */
  readonly judge: (file: GatedFile) => Promise<GateVerdict>;
  /** Told of files that were written and closed; the callee closes `fd`. Without it writes are not watched. */
  readonly onWritten?: (file: Omit<GatedFile, 'waits'>) => void;
  readonly onEvent: (event: GateEvent) => void;
  /**
   * Which mounts to stand before, and for what; by default all that programs can be run from, remote ones excepted.
   * Asked again whenever mounts change, and by {@link ExecGate.lookAtMounts}.
   */
  readonly covers?: (mount: Mount) => boolean | Coverage;
  /** Time for a verdict, milliseconds; then the program is let through. Default 500. */
  readonly timeout?: number;
  /** Verdicts that are remembered. Default 16,384. */
  readonly cacheEntries?: number;
}

/** Where `make -C packages/kernel/native` puts the watchdog. */
const watchdogPath = fileURLToPath(new URL('../../build/redoubt-gate-watch', import.meta.url));
/** Watchdogs started anew at most; one that dies all the time is a fault that must be seen. */
const watchdogsAllowed = 5;

/** An open gate. It denies nothing until {@link ExecGate.enforce} says so. */
export class ExecGate {
  readonly #addon: NativeAddon;
  readonly #gate: NativeGate;
  readonly #options: GateOptions;
  /** Marked file systems by device, with where and for what they were marked. */
  readonly #marked = new Map<string, Coverage & { point: string }>();
  /** Mounts that could not be marked, with the errno, by device. */
  readonly #refused = new Map<string, { mount: Mount; errno: number }>();
  #watchdogs = 0;
  #isClosed = false;

  /**
   * Opens a gate and stands it before the file systems that it covers.
   * @throws KernelSensorError when the addon has not been built; Error with errno as `code` when the kernel has no
   * fanotify permission events or this process no CAP_SYS_ADMIN
   */
  static open(options: GateOptions): ExecGate {
    return new ExecGate(options);
  }

  private constructor(options: GateOptions) {
    this.#options = options;
    this.#addon = loadAddon();
    const { timeout = 500, cacheEntries = 16_384 } = options;
    this.#gate = this.#addon.gateOpen(timeout, cacheEntries, watchdogPath, message => this.#hear(message));
    this.lookAtMounts();
  }

  /** Whether verdicts deny. Off, everything is let through at once and judged afterwards. */
  enforce(enforces: boolean): void {
    this.#addon.gateEnforce(this.#gate, enforces);
  }

  /** Files at or below these paths are let through unasked; at most 128. What is remembered stays. */
  bypass(paths: readonly string[]): void {
    this.#addon.gateBypass(this.#gate, paths);
  }

  /** Forgets all verdicts: the policy has changed. */
  forget(): void {
    this.#addon.gateForget(this.#gate);
  }

  /** Remembers a verdict for the content that a descriptor leads to. */
  remember(fd: number, allow: boolean): void {
    this.#addon.gateAnswer(this.#gate, 0, fd, allow, true);
  }

  counters(): GateCounters {
    const numbers = this.#addon.gateCounters(this.#gate);
    return Object.fromEntries(counterNames.map((name, at) => [name, numbers[at] ?? 0])) as GateCounters;
  }

  /** Mount points of the file systems that it stands before. */
  get covered(): string[] {
    return [...this.#marked.values()].map(({ point }) => point);
  }

  /** Mounts that programs can be run from and that it does not stand before. */
  uncovered(): Mount[] {
    const refused = [...this.#refused.values()].map(({ mount }) => mount);
    return [...refused, ...readMounts().filter(isRemote)];
  }

  /** Takes it away. Whoever waits is let through. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#addon.gateClose(this.#gate);
  }

  /**
   * Stands before what is to be covered now, and before nothing else. A file system is marked once, wherever it is
   * mounted: containers and removable media as they appear.
   */
  lookAtMounts(): void {
    const wanted = this.#wanted();
    for (const [device, { point, ...marks }] of this.#marked) {
      const there = wanted.get(device);
      // The mark went with the file system; one that comes back under the same number is marked again.
      if (there === undefined) this.#marked.delete(device);
      const drop = {
        execs: there !== undefined && marks.execs && !there.execs,
        writes: there !== undefined && marks.writes && !there.writes,
      };
      if (there === undefined || !(drop.execs || drop.writes)) continue;
      this.#addon.gateMark(this.#gate, false, true, drop.execs, drop.writes, point);
      this.#marked.set(device, {
        point,
        execs: marks.execs && there.execs,
        writes: marks.writes && there.writes,
      });
    }
    for (const [device, { mount, ...coverage }] of wanted) this.#mark(device, mount, coverage);
    for (const device of this.#refused.keys()) if (!wanted.has(device)) this.#refused.delete(device);
  }

  /** Every file system that there is, with what is to be watched on it. */
  #wanted(): Map<string, Coverage & { mount: Mount }> {
    const { covers = isGateable, onWritten } = this.#options;
    const wanted = new Map<string, Coverage & { mount: Mount }>();
    for (const mount of readMounts()) {
      const answer = covers(mount);
      const { execs, writes } = typeof answer === 'boolean' ? { execs: answer, writes: answer } : answer;
      const before = wanted.get(mount.device);
      wanted.set(mount.device, {
        mount: before !== undefined && (before.execs || before.writes) ? before.mount : mount,
        execs: execs || before?.execs === true,
        writes: (writes && onWritten !== undefined) || before?.writes === true,
      });
    }
    return wanted;
  }

  #mark(device: string, mount: Mount, { execs, writes }: Coverage): void {
    const before = this.#marked.get(device);
    const add = { execs: execs && before?.execs !== true, writes: writes && before?.writes !== true };
    if (!execs && !writes) {
      this.#marked.delete(device);
      this.#refused.delete(device);
    }
    if (!add.execs && !add.writes) return;
    const result = this.#addon.gateMark(this.#gate, true, true, add.execs, add.writes, mount.point);
    if (result === 0) {
      this.#marked.set(device, { point: before?.point ?? mount.point, execs, writes });
      this.#refused.delete(device);
    } else {
      this.#refused.set(device, { mount, errno: -result });
    }
  }

  #hear(message: NativeMessage): void {
    const { type, fd, pid } = message;
    if (this.#isClosed) {
      if (fd >= 0) closeSync(fd);
      return;
    }
    const path = Buffer.from(message.path, 'latin1').toString('utf8');
    const tell = (kind: GateEvent['kind']): void => this.#options.onEvent({ kind, path, pid });
    if (type === messageType.judge) void this.#judge(message, path);
    else if (type === messageType.written) {
      if (this.#options.onWritten === undefined) closeSync(fd);
      else this.#options.onWritten({ fd, path, pid });
    } else if (type === messageType.mountsChanged) this.lookAtMounts();
    else if (type === messageType.denied) tell('denied');
    else if (type === messageType.timedOut) tell('timed-out');
    else if (type === messageType.blind) tell('blind');
    else if (type === messageType.overflow) tell('overflow');
    else if (type === messageType.takenOver) tell('taken-over');
    else if (type === messageType.watchdogLost) {
      tell('watchdog-lost');
      if (this.#watchdogs++ < watchdogsAllowed) this.#addon.gateWatch(this.#gate, watchdogPath);
    }
  }

  async #judge({ id, fd, pid, waits }: NativeMessage, path: string): Promise<void> {
    let verdict: GateVerdict = { allow: true, remember: false };
    try {
      verdict = await this.#options.judge({ fd, path, pid, waits });
    } catch (error) {
      this.#options.onEvent({ kind: 'failed', path, pid, error });
    }
    if (!this.#isClosed) this.#addon.gateAnswer(this.#gate, id, fd, verdict.allow, verdict.remember);
    await verdict.until?.catch(() => undefined);
    closeSync(fd);
  }
}
