/** Running one program and telling what it took: wall time, CPU time with all its children, greatest memory. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ended } from '../lib/command.ts';

/** What a run took: seconds of wall and CPU, greatest resident memory of its first process in bytes. */
export interface Cost {
  wall: number;
  cpu: number;
  memory: number;
}

const ticksPerSecond = 100;

/** CPU seconds of children that have ended and been waited for, with theirs (proc_pid_stat(5), fields 16 and 17). */
function childrenSeconds(): number {
  const text = readFileSync('/proc/self/stat', 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * Runs a program alone; nothing else of this process may end meanwhile.
 * @param fine exit statuses that are no failure
 * @throws Error with its last words when it fails
 */
export async function costOf(
  program: string,
  words: readonly string[],
  fine: readonly number[] = [0],
): Promise<Cost> {
  const before = childrenSeconds();
  const start = performance.now();
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', piece => {
    complaint = (complaint + piece).slice(-2000);
  });
  let memory = 0;
  const timer = setInterval(() => {
    memory = Math.max(memory, peakOf(child.pid));
  }, 50);
  const status = await ended(child).finally(() => clearInterval(timer));
  const wall = (performance.now() - start) / 1000;
  if (!fine.includes(status)) throw new Error(`${program} ended with ${status}: ${complaint.trim()}`);
  return { wall, cpu: childrenSeconds() - before, memory };
}
