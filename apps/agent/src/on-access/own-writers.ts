/** Writers whose files are not scanned: ourselves, and clamd, which writes down what we ask it about. */
import { readFileSync, readlinkSync } from 'node:fs';
import { isClamd } from '@redoubt/detect/scan-helper';

const generations = 8;

/** Whether a process is this one, was started by it, or is clamd. One that has ended is not told apart. */
export function isOwnWriter(pid: number): boolean {
  let one = pid;
  for (let step = 0; step < generations && one > 1; step++) {
    if (one === process.pid) return true;
    if (step === 0 && isClamd(programOf(one))) return true;
    one = parentOf(one);
  }
  return false;
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

function parentOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold anything; after its last bracket come the state and the parent.
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
