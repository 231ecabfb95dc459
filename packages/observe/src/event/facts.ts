/** What an event can say about a process, whether it comes from the live table or from stored rows. */
import type { Container, FieldValue } from '@redoubt/model';
import type { ExecutableFile, OwningPackage } from '../process/image.ts';

/** One process while it ran one program. Times are milliseconds since the Unix epoch. */
export interface ProcessFacts {
  /** "pid:startTicks". */
  readonly uid: string;
  readonly pid: number;
  /** comm. */
  readonly name: string;
  readonly commandLine: string;
  readonly workingDirectory: string;
  readonly file: Readonly<ExecutableFile>;
  readonly sha256: string | undefined;
  readonly package: OwningPackage | undefined;
  readonly userId: number | undefined;
  readonly effectiveUserId: number | undefined;
  readonly groupId: number | undefined;
  readonly effectiveGroupId: number | undefined;
  readonly loginUserId: number | undefined;
  readonly sessionId: number | undefined;
  readonly terminal: string;
  /** "NAME=value". */
  readonly environment: readonly string[];
  readonly capabilities: readonly string[];
  readonly namespacePid: number | undefined;
  readonly container: Container | undefined;
  readonly createdTime: number;
  /** End; undefined when it had not ended at the moment of the event. */
  readonly terminatedTime: number | undefined;
  readonly exitCode: number | undefined;
  /** What was worked out from the launchers before, by attribute; gone as soon as any process has changed. */
  readonly derived?: Map<unknown, FieldValue>;
  /** Login name of a user id as this process's host or container knows it. */
  userName(userId: number | undefined): string | undefined;
  /** Name of a group id, likewise. */
  groupName(groupId: number | undefined): string | undefined;
  /** Who launched this program: the same process with its program before, else its parent. */
  launcher(): ProcessFacts | undefined;
  /** The parent process with the program that it ran when it forked this one. */
  parent(): ProcessFacts | undefined;
}

/** Most ancestors that are listed. */
export const ancestryDepth = 32;

/** Launchers of a program, nearest first. */
export function ancestry(facts: ProcessFacts): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  let step = facts.launcher();
  while (step !== undefined && found.length < ancestryDepth) {
    found.push(step);
    step = step.launcher();
  }
  return found;
}

/** Where the facts of the processes in an event come from. */
export interface FactsSource {
  /** Epoch time of boot, milliseconds: what is added to the times in kernel records. */
  readonly bootEpoch: number;
  /**
   * A process at a moment.
   * @param time milliseconds since boot
   */
  factsAt(pid: number, startTicks: number, time: number): ProcessFacts | undefined;
  /** The newest process with a pid, for records that name another process by pid only. */
  newest(pid: number, time: number): ProcessFacts | undefined;
}
