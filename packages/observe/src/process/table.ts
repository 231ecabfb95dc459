/** Every process of the host, with an ancestry that survives exits and pid reuse, in bounded memory. */
import { imageTextLength, type ProcessImage, unknownImage } from './image.ts';
import { Retention, type RetentionLimits } from './retention.ts';
import { imagesLimit, type ProcessContext, TrackedProcess } from './tracked.ts';

/** Bounds of a ProcessTable. */
export interface ProcessTableLimits extends RetentionLimits {
  /** Most characters of paths, arguments and environment held before exited processes are forgotten. */
  maxTextLength: number;
}

/** Bounds that hold the table to about 30 MB on a busy host. */
export const defaultTableLimits: ProcessTableLimits = {
  keepExitedMs: 3 * 60_000,
  maxExited: 16_384,
  maxTextLength: 12_000_000,
};

/** What the table did, since it was made. */
export interface ProcessTableCounters {
  /** Exited processes forgotten before their time, because a bound was reached. */
  forgotten: number;
  /** Processes that were first seen other than by their fork: a record was lost, or they were seeded. */
  adopted: number;
  /** Processes found to be gone because another took their pid. */
  missedExits: number;
}

/** The context of a process of which nothing is known. */
export const unknownContext: ProcessContext = Object.freeze({
  credentials: Object.freeze({
    userId: 0xffffffff,
    effectiveUserId: 0xffffffff,
    groupId: 0xffffffff,
    effectiveGroupId: 0xffffffff,
    capabilities: 0n,
  }),
  loginUserId: undefined,
  sessionId: 0,
  terminal: '',
  cgroupId: 0,
  container: undefined,
  namespacePid: 0,
});

/**
 * Processes by pid and start time. All times are milliseconds since boot (CLOCK_BOOTTIME), so that a jump of
 * the wall clock confuses nothing.
 */
export class ProcessTable {
  readonly counters: ProcessTableCounters = { forgotten: 0, adopted: 0, missedExits: 0 };
  readonly #limits: ProcessTableLimits;
  /** Newest holder of each pid; earlier ones hang on `older`. */
  readonly #byPid = new Map<number, TrackedProcess>();
  readonly #retention: Retention;
  #changes = 0;
  #size = 0;
  #textLength = 0;
  #changed: TrackedProcess[] = [];

  constructor(limits: Partial<ProcessTableLimits> = {}) {
    this.#limits = { ...defaultTableLimits, ...limits };
    this.#retention = new Retention(
      this.#limits,
      process => this.#unlink(process),
      () => this.processes(),
    );
  }

  /** Grows with every change of a process: what was worked out from the table holds while this stays. */
  get changes(): number {
    return this.#changes;
  }

  /** Processes remembered, alive and exited. */
  get size(): number {
    return this.#size;
  }

  /** Of these, those that have exited. */
  get exited(): number {
    return this.#retention.size;
  }

  /** Characters of paths, arguments and environment that are held. */
  get textLength(): number {
    return this.#textLength;
  }

  /** The process with this pid and start, alive or remembered. */
  find(pid: number, startTicks: number): TrackedProcess | undefined {
    let process = this.#byPid.get(pid);
    while (process !== undefined && process.startTicks !== startTicks) process = process.older;
    return process;
  }

  /** The newest process with this pid, alive or remembered. */
  newest(pid: number): TrackedProcess | undefined {
    return this.#byPid.get(pid);
  }

  /** The process with an identity "pid:startTicks"; undefined when unknown or malformed. */
  findUid(uid: string): TrackedProcess | undefined {
    const colon = uid.indexOf(':');
    return colon < 0 ? undefined : this.find(Number(uid.slice(0, colon)), Number(uid.slice(colon + 1)));
  }

  /** Every remembered process, in no particular order. */
  *processes(): IterableIterator<TrackedProcess> {
    for (const newest of this.#byPid.values()) {
      for (let process: TrackedProcess | undefined = newest; process; process = process.older) yield process;
    }
  }

  /**
   * A process was forked. Its program and context are its parent's. Reporting the same fork twice, or one
   * that was already found in /proc, only fills in what was missing.
   */
  fork(
    pid: number,
    startTicks: number,
    time: number,
    parent: TrackedProcess | undefined,
    parentPid = parent?.pid ?? 0,
  ): TrackedProcess {
    const known = this.find(pid, startTicks);
    if (known !== undefined) {
      if (known.parent === undefined) this.#setParent(known, parent);
      return known;
    }
    const image = parent?.imageAt(time) ?? unknownImage(time);
    const context = parent?.context ?? unknownContext;
    return this.#insert(
      new TrackedProcess(pid, startTicks, time, parent, parentPid, image, parent !== undefined, context),
    );
  }

  /**
   * A process was found other than by its fork: seeded from /proc, or seen acting though its fork was lost.
   * If it is known already, it is returned as it is.
   */
  adopt(
    pid: number,
    startTicks: number,
    time: number,
    parent: TrackedProcess | undefined,
    parentPid: number,
    image: ProcessImage,
    context: ProcessContext,
  ): TrackedProcess {
    const known = this.find(pid, startTicks);
    if (known !== undefined) return known;
    this.counters.adopted++;
    const process = new TrackedProcess(pid, startTicks, time, parent, parentPid, image, false, context);
    this.#textLength += imageTextLength(image);
    return this.#insert(process);
  }

  /**
   * A process began another program; what it ran before stays part of its ancestry.
   * A program found in /proc may be the one whose record comes only now, or may have followed it.
   */
  exec(process: TrackedProcess, image: ProcessImage, context: ProcessContext): void {
    const current = process.image;
    // Of two looks at /proc the later one is the later program, also within one tick of the clock.
    const isRecord = image.source === 'exec';
    const foundLater =
      isRecord && current.source === 'proc' && !this.#inherited(process) && current.since >= image.since;
    this.#textLength += imageTextLength(image);
    if (foundLater && current.file.inode === image.file.inode && current.file.path === image.file.path) {
      this.#textLength -= imageTextLength(current);
      process.images[process.images.length - 1] = image;
    } else if (foundLater) {
      process.images.splice(process.images.length - 1, 0, image);
    } else {
      process.images.push(image);
    }
    if (process.images.length > imagesLimit) this.#dropMiddleImage(process);
    process.context = context;
    this.#touch(process);
  }

  /** The context of a process changed: other credentials, cgroup or session. */
  setContext(process: TrackedProcess, context: ProcessContext): void {
    process.context = context;
    this.#touch(process);
  }

  /**
   * A process ended.
   * @param exitCode exit status or 128 + signal; undefined when the exit itself was not seen
   */
  exit(process: TrackedProcess, time: number, exitCode: number | undefined): void {
    if (process.terminatedTime === undefined) {
      process.terminatedTime = time;
      this.#retention.add(process);
    } else if (exitCode !== undefined && process.exitCode === undefined) {
      process.terminatedTime = time;
    }
    if (exitCode !== undefined) process.exitCode = exitCode;
    this.#touch(process);
  }

  /** Marks a process as changed, so that the next `takeChanged` hands it out: a hash became known, say. */
  touch(process: TrackedProcess): void {
    this.#touch(process);
  }

  /** Forgets what is past its time or beyond the bounds; call about once a second. */
  sweep(now: number): void {
    this.counters.forgotten += this.#retention.sweep(now);
    while (this.#textLength > this.#limits.maxTextLength && this.#retention.size > 0) {
      this.counters.forgotten += this.#retention.shed((this.#retention.size >> 3) + 1);
    }
  }

  /** Processes that are new or changed since the last call. */
  takeChanged(): TrackedProcess[] {
    const changed = this.#changed;
    this.#changed = [];
    for (const process of changed) process.dirty = false;
    return changed;
  }

  #inherited(process: TrackedProcess): boolean {
    return process.inheritedFirst && process.images.length === 1;
  }

  #insert(process: TrackedProcess): TrackedProcess {
    const holder = this.#byPid.get(process.pid);
    if (holder !== undefined && holder.startTicks > process.startTicks) {
      this.#insertOlder(holder, process);
    } else {
      process.older = holder;
      this.#byPid.set(process.pid, process);
      if (holder !== undefined) this.#presumeGone(holder, process.createdTime);
    }
    if (process.parent !== undefined && !canBeParent(process.parent, process.startTicks)) {
      process.parent = undefined;
    }
    if (process.parent !== undefined) process.parent.children++;
    this.#size++;
    this.#touch(process);
    return process;
  }

  /** A late record about an earlier holder of a pid. */
  #insertOlder(newest: TrackedProcess, process: TrackedProcess): void {
    let above = newest;
    while (above.older !== undefined && above.older.startTicks > process.startTicks) above = above.older;
    process.older = above.older;
    above.older = process;
    this.#presumeGone(process, above.createdTime);
  }

  /** The pid has another holder, so this one has ended even if its exit was not seen. */
  #presumeGone(process: TrackedProcess, time: number): void {
    if (process.terminatedTime !== undefined) return;
    this.counters.missedExits++;
    this.exit(process, time, undefined);
  }

  #setParent(process: TrackedProcess, parent: TrackedProcess | undefined): void {
    if (parent === undefined || !canBeParent(parent, process.startTicks)) return;
    process.parent = parent;
    process.parentPid = parent.pid;
    parent.children++;
    this.#touch(process);
  }

  /** Keeps the first own program and the latest ones. */
  #dropMiddleImage(process: TrackedProcess): void {
    const at = process.inheritedFirst ? 2 : 1;
    const [dropped] = process.images.splice(at, 1);
    if (dropped !== undefined) this.#textLength -= imageTextLength(dropped);
    process.forgottenImages++;
  }

  #unlink(process: TrackedProcess): void {
    const newest = this.#byPid.get(process.pid);
    if (newest === process) {
      if (process.older === undefined) this.#byPid.delete(process.pid);
      else this.#byPid.set(process.pid, process.older);
    } else {
      let above = newest;
      while (above !== undefined && above.older !== process) above = above.older;
      if (above !== undefined) above.older = process.older;
    }
    process.older = undefined;
    this.#changes++;
    this.#size--;
    process.images.forEach((image, index) => {
      if (index > 0 || !process.inheritedFirst) this.#textLength -= imageTextLength(image);
    });
  }

  #touch(process: TrackedProcess): void {
    this.#changes++;
    if (process.dirty) return;
    process.dirty = true;
    this.#changed.push(process);
  }
}

/** A parent never starts after its child; holding to this keeps ancestries free of cycles. */
function canBeParent(parent: TrackedProcess, childStartTicks: number): boolean {
  return parent.startTicks <= childStartTicks && parent.pid !== 0;
}
