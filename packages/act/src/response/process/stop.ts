/**
 * Stopping processes that fork while we look. Everything is stopped first (SIGSTOP does no harm and can be taken
 * back) and looked at again, until a whole round finds nobody new: what is stopped neither forks nor ends, so that
 * its pid cannot come to belong to somebody else before it is killed.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { ProcStat } from '@redoubt/observe';
import { refused } from '../action.ts';
import { allProcesses, lookAt, ourselves, type ProcessIdentity } from './look.ts';

/** Says which of all processes belong to those to stop. */
export type Membership = (all: readonly ProcStat[]) => readonly ProcStat[];

/** Rounds after which we give up: each stops everybody that it finds. */
const roundLimit = 2_000;
const pause = 2;

/**
 * The roots, everything that descends from them, and orphans: who is in a process group or session that one of them
 * has made. The number of a group is the pid of its maker and is not given out anew while the group lives (setpgid(2)).
 */
export function treeOf(roots: readonly ProcessIdentity[]): Membership {
  // Members of earlier rounds count on, so that the children of those who end meanwhile are not lost.
  const known = new Map(roots.map(root => [root.pid, root.start]));
  let isFirst = true;
  return all => {
    const byPid = new Map(all.map(one => [one.pid, one]));
    // Who is gone before the first look leads nowhere: its number may have been given out anew meanwhile.
    if (isFirst) for (const pid of [...known.keys()]) if (!byPid.has(pid)) known.delete(pid);
    isFirst = false;
    const makers = new Set(known.keys());
    for (const [pid, start] of known) {
      const now = byPid.get(pid);
      if (now !== undefined && now.startTicks !== start) {
        known.delete(pid);
        makers.delete(pid);
      }
    }
    const belongs = (one: ProcStat): boolean =>
      known.get(one.pid) === one.startTicks ||
      known.has(one.parentPid) ||
      makers.has(one.group) ||
      makers.has(one.session);
    let before = -1;
    while (before !== known.size) {
      before = known.size;
      for (const one of all)
        if (!known.has(one.pid) && belongs(one)) {
          known.set(one.pid, one.startTicks);
          makers.add(one.pid);
        }
    }
    return all.filter(one => known.get(one.pid) === one.startTicks);
  };
}

/** Whether a process may be touched: never pid 1, kernel threads, ourselves and our ancestors. */
export function mayTouch({ pid, isKernelThread }: ProcStat, us = ourselves()): boolean {
  return pid > 1 && !isKernelThread && !us.has(pid);
}

/**
 * Stops all members.
 * @returns the stopped, each after its maker
 */
export async function stopAll(members: Membership): Promise<ProcessIdentity[]> {
  const us = ourselves();
  const stopped = new Map<string, ProcessIdentity>();
  for (let round = 0; round < roundLimit; round++) {
    let isQuiet = true;
    for (const one of members(allProcesses())) {
      if (!mayTouch(one, us) || one.state === 'Z' || one.state === 'X') continue;
      const identity = { pid: one.pid, start: one.startTicks };
      const name = `${one.pid}:${one.startTicks}`;
      const isNew = !stopped.has(name);
      stopped.set(name, identity);
      // Who sleeps in the kernel (a parent in vfork) runs and forks no more once the signal waits for it.
      if (isHalted(one) && (one.state !== 'D' || !isNew)) continue;
      isQuiet = false;
      send(identity, 'SIGSTOP');
    }
    if (isQuiet) return [...stopped.values()];
    await wait(pause);
  }
  throw refused('processes come faster than they can be stopped', '进程产生得比停止得更快');
}

/** Whether a process does nothing until it gets a signal: stopped, traced, or asleep in the kernel. */
export function isHalted({ state }: Pick<ProcStat, 'state'>): boolean {
  return state === 'T' || state === 't' || state === 'D';
}

/** Sends a signal to this very process. @returns whether it got it */
export function send({ pid, start }: ProcessIdentity, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): boolean {
  if (lookAt(pid)?.startTicks !== start) return false;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
  // The pid went to somebody else between look and signal: a stop is taken back. A kill is only sent to the stopped.
  if (signal === 'SIGSTOP') {
    const now = lookAt(pid);
    if (now !== undefined && now.startTicks !== start) process.kill(pid, 'SIGCONT');
  }
  return true;
}
