/** Which exited processes are still remembered, and which are forgotten so that memory stays bounded. */
import type { TrackedProcess } from './tracked.ts';

/** Bounds on what is remembered about exited processes. */
export interface RetentionLimits {
  /** How long an exited process without living descendants is kept, milliseconds. */
  keepExitedMs: number;
  /** Most exited processes that are kept. */
  maxExited: number;
}

/** Removes one process from the table; called for each that is forgotten. */
type Remove = (process: TrackedProcess) => void;

/**
 * Exited processes, oldest first. One with remembered children waits until they are forgotten; when too many
 * wait (chains of double forks), the oldest are taken out of the chain and their children are given to the
 * next ancestor, which counts them in `forgottenAncestors`.
 */
export class Retention {
  readonly #limits: RetentionLimits;
  readonly #remove: Remove;
  readonly #all: () => Iterable<TrackedProcess>;
  /** Exited, in order of exit. A Set keeps insertion order and lets one leave from the middle. */
  readonly #recent = new Set<TrackedProcess>();
  /** Exited and past their time, but with remembered children. */
  readonly #waiting = new Set<TrackedProcess>();

  constructor(limits: RetentionLimits, remove: Remove, all: () => Iterable<TrackedProcess>) {
    this.#limits = limits;
    this.#remove = remove;
    this.#all = all;
  }

  /** Exited processes that are remembered. */
  get size(): number {
    return this.#recent.size + this.#waiting.size;
  }

  /** A process has exited. */
  add(process: TrackedProcess): void {
    if (!this.#waiting.has(process)) this.#recent.add(process);
  }

  /**
   * Forgets what is past its time or beyond the bound.
   * @param now milliseconds since boot
   * @returns how many were forgotten because of the bound, before their time
   */
  sweep(now: number): number {
    const oldest = now - this.#limits.keepExitedMs;
    for (const process of this.#recent) {
      if ((process.terminatedTime ?? 0) > oldest) break;
      this.#leave(process);
    }
    return this.#enforceBound();
  }

  /** Forgets the oldest until `count` fewer are remembered, or none can be. Returns how many went. */
  shed(count: number): number {
    const target = Math.max(0, this.size - count);
    const before = this.size;
    for (const process of this.#recent) {
      if (this.size <= target) break;
      this.#leave(process);
    }
    if (this.size > target) this.#collapse(this.size - target);
    return before - this.size;
  }

  #enforceBound(): number {
    const excess = this.size - this.#limits.maxExited;
    // An eighth more than needed goes, so that a storm does not pay for a sweep with each process.
    return excess > 0 ? this.shed(excess + (this.#limits.maxExited >> 3)) : 0;
  }

  /** Forgets a process that has no remembered children, and then its ancestors that waited for it. */
  #leave(process: TrackedProcess): void {
    this.#recent.delete(process);
    if (process.children > 0) {
      this.#waiting.add(process);
      return;
    }
    let current: TrackedProcess | undefined = process;
    while (current !== undefined) {
      const parent: TrackedProcess | undefined = current.parent;
      this.#waiting.delete(current);
      this.#remove(current);
      if (parent === undefined) return;
      parent.children--;
      current = parent.children === 0 && this.#waiting.has(parent) ? parent : undefined;
    }
  }

  /** Takes the oldest waiting processes out of their chains. One pass over the table for all of them. */
  #collapse(count: number): void {
    const victims = new Set<TrackedProcess>();
    for (const process of this.#waiting) {
      if (victims.size >= count) break;
      victims.add(process);
    }
    for (const process of this.#all()) {
      if (!victims.has(process)) adoptBySurvivor(process, victims);
    }
    for (const victim of victims) {
      this.#waiting.delete(victim);
      if (victim.parent !== undefined && !victims.has(victim.parent)) victim.parent.children--;
      this.#remove(victim);
    }
  }
}

/** Gives a process whose parent is a victim to the nearest ancestor that is not. */
function adoptBySurvivor(process: TrackedProcess, victims: ReadonlySet<TrackedProcess>): void {
  let parent = process.parent;
  if (parent === undefined || !victims.has(parent)) return;
  while (parent !== undefined && victims.has(parent)) {
    process.forgottenAncestors += 1 + parent.forgottenAncestors;
    parent = parent.parent;
  }
  process.parent = parent;
  if (parent !== undefined) parent.children++;
}
