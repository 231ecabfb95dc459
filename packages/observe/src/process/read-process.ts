/** Everything /proc tells about one process, in the table's terms. */
import { containerOfProcCgroup } from '../enrich/cgroup.ts';
import { type ProcessImage, unknownImage } from './image.ts';
import {
  executableOf,
  joinArguments,
  linkOf,
  notableVariables,
  type ProcStat,
  parseStat,
  parseStatus,
  readProc,
} from './procfs.ts';
import type { ProcessContext } from './tracked.ts';

/** What the kernel shows for a login user or audit session that was never set. */
const unset = 0xffffffff;

/** One process as found in /proc. */
export interface FoundProcess {
  stat: ProcStat;
  image: ProcessImage;
  context: ProcessContext;
}

/**
 * Reads a process; takes about 100 µs.
 * @param root mount point of /proc
 * @param now milliseconds since boot; becomes the image's `since`
 * @returns undefined when the process is gone
 */
export function readProcess(root: string, pid: number, now: number): FoundProcess | undefined {
  const stat = readStat(root, pid);
  if (stat === undefined) return undefined;
  const status = parseStatus(readProc(root, pid, 'status') ?? '');
  const loginUserId = Number(readProc(root, pid, 'loginuid') ?? unset);
  const auditSession = Number(readProc(root, pid, 'sessionid') ?? unset);
  const context: ProcessContext = {
    credentials: status.credentials,
    loginUserId: loginUserId === unset || !Number.isFinite(loginUserId) ? undefined : loginUserId,
    sessionId: auditSession === unset || !Number.isFinite(auditSession) ? 0 : auditSession,
    terminal: stat.terminal,
    cgroupId: 0,
    container: stat.isKernelThread ? undefined : containerOfProcCgroup(readProc(root, pid, 'cgroup') ?? ''),
    namespacePid: status.namespacePid === pid ? 0 : status.namespacePid,
  };
  const image = stat.isKernelThread ? unknownImage(now, stat.name) : readImage(root, stat, now);
  // The pid may have been reused between the reads; then they describe two processes and are worth nothing.
  return readStat(root, pid)?.startTicks === stat.startTicks ? { stat, image, context } : undefined;
}

/** The identity and parent of a process; undefined when it is gone. Takes about 10 µs. */
export function readStat(root: string, pid: number): ProcStat | undefined {
  const text = readProc(root, pid, 'stat');
  if (text === undefined) return undefined;
  try {
    return parseStat(text);
  } catch {
    return undefined; // the process ended while its line was being written
  }
}

/** The program that a process runs now, as /proc tells it. */
export function readImage(root: string, stat: ProcStat, now: number): ProcessImage {
  return {
    since: now,
    source: 'proc',
    name: stat.name,
    commandLine: joinArguments(readProc(root, stat.pid, 'cmdline') ?? ''),
    file: executableOf(root, stat.pid) ?? unknownImage(now).file,
    workingDirectory: linkOf(root, stat.pid, 'cwd') ?? '',
    environment: notableVariables(readProc(root, stat.pid, 'environ') ?? ''),
  };
}
