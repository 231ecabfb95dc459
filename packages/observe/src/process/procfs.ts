/** Reading what /proc says about one process. Sources: proc(5), fs/proc/array.c. */
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { commandLineLimit, type ExecutableFile, executableFile } from './image.ts';
import type { Credentials } from './tracked.ts';

/** What `/proc/PID/stat` tells that the process table needs. */
export interface ProcStat {
  pid: number;
  name: string;
  /** State letter of proc(5): `R`, `S`, `D`, `T` stopped, `Z` dead and not yet collected … */
  state: string;
  parentPid: number;
  /** Process group and session: the pids of those who made them, never given out anew while in use. */
  group: number;
  session: number;
  /** Controlling terminal, such as "pts/0"; empty when there is none. */
  terminal: string;
  isKernelThread: boolean;
  /** Start in clock ticks since boot. */
  startTicks: number;
}

/** Flag PF_KTHREAD of linux/sched.h. */
const kernelThreadFlag = 0x00200000;

/**
 * Parses `/proc/PID/stat`. The name stands in parentheses and may itself hold parentheses, spaces and line
 * breaks, so the last ")" ends it.
 * @throws when the text is not a stat line
 */
export function parseStat(text: string): ProcStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const pid = Number(text.slice(0, open).trim());
  const fields = text.slice(close + 2).split(' ');
  const number = (index: number): number => Number(fields[index - 3]);
  const startTicks = number(22);
  if (open < 1 || close < open || !Number.isSafeInteger(pid) || !Number.isSafeInteger(startTicks)) {
    throw new Error(`not a /proc/PID/stat line: ${JSON.stringify(text.slice(0, 60))}`);
  }
  return {
    pid,
    name: text.slice(open + 1, close),
    state: fields[0] ?? '',
    parentPid: number(4),
    group: number(5),
    session: number(6),
    terminal: terminalName(number(7)),
    isKernelThread: (number(9) & kernelThreadFlag) !== 0,
    startTicks,
  };
}

/**
 * Name of a controlling terminal from its device number as /proc shows it (new_encode_dev of
 * linux/kdev_t.h): major 136–143 are pseudo terminals, 4 consoles and serial lines.
 */
export function terminalName(device: number): string {
  if (!(device > 0)) return '';
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return `${major}:${minor}`;
}

/** What `/proc/PID/status` tells that the process table needs. */
export interface ProcStatus {
  credentials: Credentials;
  /** Thread group id; differs from the pid when the entry is a thread. */
  threadGroupId: number;
  /** Pid in the innermost pid namespace; 0 when the file does not tell. */
  namespacePid: number;
}

/** Parses `/proc/PID/status`. What is missing stays at "unknown": ids 4294967295, no capabilities. */
export function parseStatus(text: string): ProcStatus {
  const value = (key: string): string[] => {
    const at = text.startsWith(key) ? 0 : text.indexOf(`\n${key}`) + 1;
    if (at === 0 && !text.startsWith(key)) return [];
    const end = text.indexOf('\n', at);
    return text.slice(at + key.length, end < 0 ? undefined : end).match(/\S+/g) ?? [];
  };
  const id = (from: string[], index: number): number => {
    const parsed = Number(from[index] ?? 0xffffffff);
    return Number.isSafeInteger(parsed) ? parsed : 0xffffffff;
  };
  const users = value('Uid:');
  const groups = value('Gid:');
  const capabilities = value('CapEff:')[0] ?? '0';
  return {
    credentials: {
      userId: id(users, 0),
      effectiveUserId: id(users, 1),
      groupId: id(groups, 0),
      effectiveGroupId: id(groups, 1),
      capabilities: /^[0-9a-f]{1,16}$/.test(capabilities) ? BigInt(`0x${capabilities}`) : 0n,
    },
    threadGroupId: Number(value('Tgid:')[0] ?? 0),
    namespacePid: Number(value('NSpid:').at(-1) ?? 0),
  };
}

/** Joins NUL-separated arguments (`/proc/PID/cmdline`) by spaces, within the bound of a command line. */
export function joinArguments(text: string): string {
  const end = text.endsWith('\0') ? text.length - 1 : text.length;
  return text.slice(0, Math.min(end, commandLineLimit)).replaceAll('\0', ' ');
}

/**
 * Environment variables that can change what a program does, or that tell who is behind it; the same that
 * exec records carry (packages/kernel/native/bpf/process.h).
 */
const notableName =
  /^(?:LD_|GLIBC_TU|BASH_ENV|NODE_OPT|PYTHONPA|PYTHONST|PERL5OPT|PERL5LIB|RUBYOPT|HISTFILE|HISTSIZE|PROMPT_C|SSH_CONN|SUDO_USE)/;

/** Picks the notable variables out of NUL-separated "NAME=value" text, each at most 512 characters. */
export function notableVariables(text: string): string[] {
  const found: string[] = [];
  for (const entry of text.split('\0', 4096)) {
    if (notableName.test(entry)) found.push(entry.slice(0, 512));
  }
  return found;
}

/** Reads a small file below /proc/PID; undefined when the process is gone or access is denied. */
export function readProc(root: string, pid: number, name: string): string | undefined {
  try {
    return readFileSync(`${root}/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Reads a link below /proc/PID; undefined when the process is gone, has none, or access is denied. */
export function linkOf(root: string, pid: number, name: string): string | undefined {
  try {
    return readlinkSync(`${root}/${pid}/${name}`);
  } catch {
    return undefined;
  }
}

/** The executable of a process; undefined for kernel threads, gone processes, or without permission. */
export function executableOf(root: string, pid: number): ExecutableFile | undefined {
  const path = linkOf(root, pid, 'exe');
  if (path === undefined) return undefined;
  try {
    const { dev, ino, mode, uid, size } = statSync(`${root}/${pid}/exe`, { bigint: true });
    return executableFile(path, {
      inode: Number(ino),
      device: deviceName(dev),
      mode: Number(mode),
      ownerId: Number(uid),
      size: Number(size),
    });
  } catch {
    return executableFile(path, {});
  }
}

/** "major:minor" of a `st_dev` (glibc's encoding, sys/sysmacros.h). */
export function deviceName(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}
