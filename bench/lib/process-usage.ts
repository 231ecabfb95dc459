/** What a process and its descendants use, from /proc (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc/PID/stat: USER_HZ, which Linux fixes at 100 on the supported machines. */
const TICKS_PER_SECOND = 100;

interface Stat {
  parent: number;
  cpuSeconds: number;
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // it has ended
  }
  // The name stands in parentheses and may hold any character; the fields after it are counted from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return { parent: Number(fields[1]), cpuSeconds: (userTicks + systemTicks) / TICKS_PER_SECOND };
}

/** The pids of `root` and of all its living descendants, parents before children. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = readStat(pid)?.parent;
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings) siblings.push(pid);
    else children.set(parent, [pid]);
  }
  const tree = [root];
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i] ?? 0) ?? []));
  return tree;
}

/** Seconds of CPU time (user and system, all threads) that the processes have used since they started. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (readStat(pid)?.cpuSeconds ?? 0), 0);
}

/** Memory of processes in bytes. */
export interface Memory {
  /** Resident set: pages in memory, shared ones counted for every process. */
  rss: number;
  /** Proportional set: as `rss`, shared pages divided by the number of processes that share them. */
  pss: number;
}

/** Resident and proportional memory of the processes together. Those that have ended count as nothing. */
export function memoryOf(pids: readonly number[]): Memory {
  const sum: Memory = { rss: 0, pss: 0 };
  for (const pid of pids) {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    } catch {
      continue;
    }
    sum.rss += Number(/^Rss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    sum.pss += Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  }
  return sum;
}

/** What processes used over a stretch of time. */
export interface Usage {
  seconds: number;
  cpuSeconds: number;
  /** CPU time as a share of one core's, in per cent. */
  cpuPercent: number;
  /** The largest resident set seen, looking every half second, in bytes. */
  peakRss: number;
  /** Proportional set at the end, in bytes. */
  pss: number;
}

/**
 * Begins to watch a process and its descendants; the descendants are those of the beginning.
 * @returns ends the watching and answers what was used
 */
export function watchUsage(root: number): () => Usage {
  const pids = processTree(root);
  const begun = performance.now();
  const cpuBefore = cpuSeconds(pids);
  let peakRss = 0;
  const look = () => {
    peakRss = Math.max(peakRss, memoryOf(pids).rss);
  };
  look();
  const timer = setInterval(look, 500);
  return () => {
    clearInterval(timer);
    look();
    const seconds = (performance.now() - begun) / 1000;
    const used = cpuSeconds(pids) - cpuBefore;
    return {
      seconds,
      cpuSeconds: used,
      cpuPercent: (100 * used) / seconds,
      peakRss,
      pss: memoryOf(pids).pss,
    };
  };
}
