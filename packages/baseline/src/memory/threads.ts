/**
 * Threads that run outside every module. /proc/PID/task/TID/syscall tells the program counter of a thread that waits;
 * of one that is on a processor it says "running". Where a thread was started is not told by the kernel: a thread
 * whose foreign code waits inside a library shows only while the region itself is found.
 */
import { readdirSync } from 'node:fs';
import { hex, type Mapping } from './maps.ts';
import type { Modules } from './modules.ts';
import type { Observation } from './observation.ts';
import type { LiveProcess } from './process.ts';

/** Threads looked at of one process. */
const maxThreads = 4096;
/** Words of the stack that are looked through for return addresses. */
const stackWords = 64;

/** Stack pointer and program counter out of `/proc/PID/task/TID/syscall`; undefined while the thread runs. */
export function parseSyscall(text: string): { stack: number; counter: number } | undefined {
  const words = text.trim().split(' ');
  const [stack, counter] = words.slice(-2).map(word => Number(word));
  return words.length >= 3 && Number.isSafeInteger(stack) && Number.isSafeInteger(counter)
    ? { stack: stack as number, counter: counter as number }
    : undefined;
}

/** What was seen of the threads. */
export interface Threads {
  readonly observations: readonly Observation[];
  readonly looked: number;
  /** Threads that were on a processor, or could not be read. */
  readonly unseen: number;
}

/** Checks where the threads of a process are. `unexplained`: executable regions that nothing accounts for. */
export function checkThreads(
  process: LiveProcess,
  modules: Modules,
  unexplained: ReadonlySet<Mapping>,
): Threads {
  let threads: string[] = [];
  try {
    threads = readdirSync(process.path('task')).slice(0, maxThreads);
  } catch {
    // gone
  }
  const observations: Observation[] = [];
  let unseen = 0;
  for (const thread of threads) {
    const place = parseSyscall(process.text(`task/${thread}/syscall`) ?? '');
    if (place === undefined) {
      unseen++;
      continue;
    }
    const { counter, stack } = place;
    const at = modules.at(counter);
    const isForeign = at === undefined ? counter !== 0 : unexplained.has(at.mapping);
    const returns = isForeign ? undefined : returnInto(process, modules, unexplained, stack);
    if (!isForeign && returns === undefined) continue;
    const name = (process.text(`task/${thread}/comm`) ?? '').trim();
    observations.push({
      kind: 'thread.outside',
      severity: 5,
      subject: name,
      address: returns ?? counter,
      facts: {
        thread,
        name,
        address: hex(returns ?? counter),
        how: returns === undefined ? 'counter' : 'return',
      },
    });
  }
  return { observations, looked: threads.length, unseen };
}

function returnInto(
  process: LiveProcess,
  modules: Modules,
  unexplained: ReadonlySet<Mapping>,
  stack: number,
): number | undefined {
  if (unexplained.size === 0 || stack === 0) return undefined;
  const bytes = process.read(stack, stackWords * 8);
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const high = bytes.readUInt32LE(at + 4);
    if (high > 0xffff) continue;
    const address = bytes.readUInt32LE(at) + high * 0x1_0000_0000;
    const place = modules.at(address);
    if (place !== undefined && unexplained.has(place.mapping)) return address;
  }
  return undefined;
}
