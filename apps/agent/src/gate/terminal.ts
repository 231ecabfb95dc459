/** Telling the person whose program was denied, on the terminal where they started it. */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';

/** Pseudo terminals have these major numbers (Documentation/admin-guide/devices.txt). */
const firstPtsMajor = 136;
const lastPtsMajor = 143;
const firstPtsMinors = 256;

/** Writes a line to the pseudo terminal of a process, if it has one. Control characters are taken out. */
export function tellTerminal(pid: number, line: string): void {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const device = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[4]);
    const major = (device >> 8) & 0xfff;
    if (major < firstPtsMajor || major > lastPtsMajor) return;
    const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
    const number = (major - firstPtsMajor) * firstPtsMinors + minor;
    // Never waits for a terminal that does not take anything, and never becomes ours.
    const flags = constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    const file = openSync(`/dev/pts/${number}`, flags);
    try {
      writeSync(file, `\r\n${line.replace(/[^\P{C}]/gu, '?')}\r\n`);
    } finally {
      closeSync(file);
    }
  } catch {
    // It has ended, or its terminal has gone; the finding stands.
  }
}
