/** Bringing the process table in line with /proc: at start, and after records were lost. */
import { readdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { executableOf } from './procfs.ts';
import { readProcess, readStat } from './read-process.ts';
import type { ProcessTable } from './table.ts';
import type { TrackedProcess } from './tracked.ts';

/** A clock tick of /proc: USER_HZ is 100 on every Linux architecture that Redoubt runs on. */
const millisecondsPerTick = 10;

/** What a comparison with /proc repaired. */
export interface Repair {
  /** Processes found in /proc that the table did not know. */
  missedForks: number;
  /** Processes that run another program than the table thought. */
  missedExecs: number;
  /** Processes that the table thought alive and that are gone. */
  missedExits: number;
}

/** What a comparison needs. */
export interface ReconcileOptions {
  /** Mount point of /proc. */
  root?: string;
  /** Milliseconds since boot. */
  now: () => number;
  /** Told of each repair, as it is made. */
  onRepair?: (repaired: 'fork' | 'exec' | 'exit', process: TrackedProcess) => void;
  /** Processes read before the event loop gets a turn; bounds one slice to about 5 ms. */
  slice?: number;
}

/**
 * Compares the table with /proc and repairs it. Safe while records keep coming in: a fork, exec or exit that
 * was found here first is recognised when its record arrives.
 * @returns what was repaired; on an empty table (the start of the agent) every process is a "missed fork"
 */
export async function reconcile(table: ProcessTable, options: ReconcileOptions): Promise<Repair> {
  const { root = '/proc', now, slice = 50 } = options;
  const repair: Repair = { missedForks: 0, missedExecs: 0, missedExits: 0 };
  const startedAt = now();
  const alive = new Set<TrackedProcess>();
  // Directory order is by pid, so parents mostly come before their children; `adoptFromProc` handles the rest.
  const pids = (await readdir(root)).filter(name => /^\d+$/.test(name)).map(Number);
  for (const [index, pid] of pids.entries()) {
    if (index % slice === slice - 1) await nextTurn();
    const known = knownAs(table, root, pid);
    if (known === undefined) {
      const adopted = adoptFromProc(table, root, pid, options, repair);
      if (adopted !== undefined) alive.add(adopted);
    } else {
      alive.add(known);
      if (repairImage(table, known, root, now())) {
        repair.missedExecs++;
        options.onRepair?.('exec', known);
      }
    }
  }
  for (const process of [...table.processes()]) {
    if (process.terminatedTime !== undefined || alive.has(process)) continue;
    // Forked while /proc was being listed, or gone: only a look at the process itself tells.
    if (readStat(root, process.pid)?.startTicks === process.startTicks) continue;
    table.exit(process, Math.max(startedAt, process.createdTime), undefined);
    repair.missedExits++;
    options.onRepair?.('exit', process);
  }
  return repair;
}

function knownAs(table: ProcessTable, root: string, pid: number): TrackedProcess | undefined {
  const stat = readStat(root, pid);
  return stat === undefined ? undefined : table.find(pid, stat.startTicks);
}

/**
 * Adds a process, and before it those of its ancestors that are unknown too, from what /proc says.
 * @returns undefined when the process is gone
 */
export function adoptFromProc(
  table: ProcessTable,
  root: string,
  pid: number,
  options: ReconcileOptions,
  repair?: Repair,
  depth = 0,
): TrackedProcess | undefined {
  const found = readProcess(root, pid, options.now());
  if (found === undefined) return undefined;
  const { stat, image, context } = found;
  const known = table.find(pid, stat.startTicks);
  if (known !== undefined) return known;
  let parent: TrackedProcess | undefined;
  if (stat.parentPid > 0 && depth < 64) {
    const parentStat = readStat(root, stat.parentPid);
    parent =
      parentStat === undefined
        ? undefined
        : (table.find(stat.parentPid, parentStat.startTicks) ??
          adoptFromProc(table, root, stat.parentPid, options, repair, depth + 1));
  }
  if (repair !== undefined) repair.missedForks++;
  const created = stat.startTicks * millisecondsPerTick;
  const adopted = table.adopt(pid, stat.startTicks, created, parent, stat.parentPid, image, context);
  options.onRepair?.('fork', adopted);
  return adopted;
}

/** Whether a process runs another executable than the table thought; if so, the table is told. */
function repairImage(table: ProcessTable, process: TrackedProcess, root: string, now: number): boolean {
  const file = executableOf(root, process.pid);
  const believed = process.image.file;
  if (file === undefined || (file.inode === believed.inode && file.inode !== 0)) return false;
  if (file.path === believed.path && (believed.inode === 0 || file.inode === 0)) return false;
  const found = readProcess(root, process.pid, now);
  if (found === undefined || found.stat.startTicks !== process.startTicks) return false;
  table.exec(process, found.image, found.context);
  return true;
}
