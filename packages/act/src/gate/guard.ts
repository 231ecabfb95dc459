/** What a protection that stands at the gate says of itself. */
import type { GatedFile, GateEvent, GateVerdict, Mount } from '@redoubt/kernel';

/** A file that was written and closed. Whoever is told of it closes `fd`. */
export type WrittenFile = Omit<GatedFile, 'waits'>;

/** One protection at the gate, as it wants to stand there now. */
export interface Guard {
  /** Name of the protection; a guard takes the place of an earlier one of the same name. */
  readonly name: string;
  /** Whether it judges executions. */
  readonly execs: boolean;
  /** Whether its denials count; without it they are only told. */
  readonly enforces: boolean;
  /** At or below these paths nothing is judged. */
  readonly bypass: readonly string[];
  readonly covers: (mount: Mount) => boolean;
  /** Judges an execution. What it throws counts as an allowance that is not remembered. */
  readonly judge: (file: GatedFile) => Promise<GateVerdict>;
  /** Wants to hear of written files when given. */
  readonly onWritten?: (file: WrittenFile) => void;
  /**
   * What concerns this guard: a remembered denial of its own, a verdict of its own that failed or came too late, and
   * missed writes.
   */
  readonly onEvent: (event: GateEvent) => void;
}

/** Whether a path is one of some, or below one. */
export function isBelow(path: string, paths: readonly string[]): boolean {
  return paths.some(one => path === one || path.startsWith(one === '/' ? '/' : `${one}/`));
}
