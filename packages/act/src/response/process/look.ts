/** Processes as /proc shows them now. */
import { readdirSync, readFileSync } from 'node:fs';
import { type ProcStat, parseStat } from '@redoubt/observe';

/** Which process, for good: a pid is given out anew, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly start: number;
}

const uidPattern = /^(\d{1,10}):(\d{1,18})$/;

/** Reads `"<pid>:<start>"`. @returns undefined for what is none */
export function identityOf(uid: string): ProcessIdentity | undefined {
  const [, pid, start] = uidPattern.exec(uid) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), start: Number(start) };
}

/** What /proc says about a process now; undefined when there is none. */
export function lookAt(pid: number): ProcStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether this very process is still there. One that is dead and only not yet collected counts as gone. */
export function isThere({ pid, start }: ProcessIdentity): boolean {
  const found = lookAt(pid);
  return found !== undefined && found.startTicks === start && found.state !== 'Z' && found.state !== 'X';
}

/** Every process now. */
export function allProcesses(): ProcStat[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => lookAt(Number(name)) ?? []);
}

/** This process and those that it came from: none of them is ever touched. */
export function ourselves(): ReadonlySet<number> {
  const line = new Set<number>([1]);
  for (let pid = process.pid; pid > 1 && !line.has(pid); pid = lookAt(pid)?.parentPid ?? 0) line.add(pid);
  return line;
}
