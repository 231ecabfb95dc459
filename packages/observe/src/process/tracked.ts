/** One process as the table knows it. */
import type { Container } from '@redoubt/model';
import type { ProcessImage } from './image.ts';

/** User and group ids of a process, as in the host's user namespace. */
export interface Credentials {
  readonly userId: number;
  readonly effectiveUserId: number;
  readonly groupId: number;
  readonly effectiveGroupId: number;
  /** Effective capabilities, one bit each (linux/capability.h). */
  readonly capabilities: bigint;
}

/** What a process has beside its image. Never changed in place: a forked child shares its parent's object. */
export interface ProcessContext {
  readonly credentials: Credentials;
  /** Audit login user id; 4294967295 (unset) is kept as undefined. */
  readonly loginUserId: number | undefined;
  /** Audit session, given at login (pam_loginuid); 0 when there is none. */
  readonly sessionId: number;
  /** Controlling terminal such as "pts/0"; empty when there is none. */
  readonly terminal: string;
  /** Id of the cgroup v2 (inode of its directory); 0 when unknown. */
  readonly cgroupId: number;
  /** The container it runs in; undefined on the host. */
  readonly container: Container | undefined;
  /** Pid within its own pid namespace; 0 when unknown or the same. */
  readonly namespacePid: number;
}

/** Most programs that are remembered for one process; an exec loop forgets those in the middle. */
export const imagesLimit = 16;

/** A process, alive or remembered. Only the ProcessTable changes it. */
export class TrackedProcess {
  readonly pid: number;
  /** Start in clock ticks (1/100 s) since boot. */
  readonly startTicks: number;
  /** Start, milliseconds since boot. */
  readonly createdTime: number;
  /** Who forked it; undefined when that is not known. It survives the parent's exit. */
  parent: TrackedProcess | undefined;
  /** Pid of the parent, also when `parent` is unknown. */
  parentPid: number;
  /** Programs in the order they ran; the first is what the process was forked with. Never empty. */
  images: ProcessImage[];
  /** Whether `images[0]` is the parent's (a fork) rather than its own (an exec or /proc). */
  inheritedFirst: boolean;
  context: ProcessContext;
  /** End, milliseconds since boot; undefined while it lives. */
  terminatedTime: number | undefined;
  /** Exit status, or 128 + signal number; undefined while it lives or when the exit was not seen. */
  exitCode: number | undefined;
  /** Remembered processes whose `parent` is this one. */
  children = 0;
  /** Ancestors between this process and `parent` that were forgotten to keep memory bounded. */
  forgottenAncestors = 0;
  /** Programs dropped from the middle of `images`. */
  forgottenImages = 0;
  /** The previous holder of the same pid that is still remembered. */
  older: TrackedProcess | undefined;
  /** Whether it changed since it was last handed to the store. */
  dirty = false;
  /** How many of its programs were handed to the store. */
  storedImages = 0;
  /** Epoch time of boot with which its rows are stored, so that a row written again keeps its times. */
  storedEpoch: number | undefined;
  #uid: string | undefined;

  constructor(
    pid: number,
    startTicks: number,
    createdTime: number,
    parent: TrackedProcess | undefined,
    parentPid: number,
    image: ProcessImage,
    inherited: boolean,
    context: ProcessContext,
  ) {
    this.pid = pid;
    this.startTicks = startTicks;
    this.createdTime = createdTime;
    this.parent = parent;
    this.parentPid = parentPid;
    this.images = [image];
    this.inheritedFirst = inherited;
    this.context = context;
  }

  /** Identity that survives pid reuse: "pid:startTicks". */
  get uid(): string {
    this.#uid ??= `${this.pid}:${this.startTicks}`;
    return this.#uid;
  }

  /** The program that runs now, or that ran last. */
  get image(): ProcessImage {
    return this.images[this.images.length - 1] as ProcessImage;
  }

  /**
   * The program that ran at a moment: the last that began at or before it.
   * @param time milliseconds since boot
   */
  imageAt(time: number): ProcessImage {
    for (let index = this.images.length - 1; index > 0; index--) {
      const image = this.images[index] as ProcessImage;
      if (image.since <= time) return image;
    }
    return this.images[0] as ProcessImage;
  }
}
