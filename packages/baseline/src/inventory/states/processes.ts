/** What /proc says of running processes: read once, bounded, without stopping anything. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A running process. Kernel threads have no program. */
export interface RunningProcess {
  readonly pid: number;
  readonly name: string;
  /** Path of the program in its own mount namespace, without ` (deleted)`; empty for kernel threads. */
  readonly program: string;
  readonly isDeleted: boolean;
  readonly uid: number;
  /** Unit of systemd or cgroup path, from the unified hierarchy or systemd's own. */
  readonly cgroup: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The path of a process in the hierarchy that services live in. */
function cgroupOf(text: string): string {
  const lines = text.split('\n', 64);
  const line =
    lines.find(one => /^\d+:name=systemd:/.test(one)) ?? lines.find(one => one.startsWith('0::')) ?? '';
  return line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1);
}

/** Pids in a proc file system, in order. @throws when it cannot be listed */
export function listedPids(proc = '/proc'): number[] {
  return readdirSync(proc)
    .filter(name => /^[1-9]\d{0,9}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Facts of a process; undefined when it has ended. */
export function runningProcess(pid: number, proc = '/proc'): RunningProcess | undefined {
  const status = read(`${proc}/${pid}/status`);
  const name = /^Name:\t(.*)$/m.exec(status)?.[1];
  const uid = /^Uid:\t\d+\t(\d+)/m.exec(status)?.[1];
  if (name === undefined || uid === undefined) return undefined;
  let link = '';
  try {
    link = readlinkSync(`${proc}/${pid}/exe`);
  } catch {
    // a kernel thread, or it has ended
  }
  const isDeleted = link.endsWith(' (deleted)');
  const program = isDeleted ? link.slice(0, -' (deleted)'.length) : link;
  return { pid, name, program, isDeleted, uid: Number(uid), cgroup: cgroupOf(read(`${proc}/${pid}/cgroup`)) };
}

/** Every process that can be read. */
export function* runningProcesses(proc = '/proc'): Generator<RunningProcess> {
  for (const pid of listedPids(proc)) {
    const process = runningProcess(pid, proc);
    if (process !== undefined) yield process;
  }
}
