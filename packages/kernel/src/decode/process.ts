/** What process records say: fork, exec, exit. */
import { Numbers, Section, SectionFlag } from './layout.ts';
import type { KernelRecord } from './record.ts';

const slot = <K extends keyof typeof Numbers>(group: K, name: (typeof Numbers)[K][number]): number =>
  (Numbers[group] as readonly string[]).indexOf(name);

const exec = {
  parentPid: slot('exec', 'parentPid'),
  parentStart: slot('exec', 'parentStart'),
  gid: slot('exec', 'gid'),
  egid: slot('exec', 'egid'),
  capabilities: slot('exec', 'capabilities'),
  loginUid: slot('exec', 'loginUid'),
  sessionId: slot('exec', 'sessionId'),
  namespacePid: slot('exec', 'namespacePid'),
  mountNamespace: slot('exec', 'mountNamespace'),
  pidNamespace: slot('exec', 'pidNamespace'),
  cgroupId: slot('exec', 'cgroupId'),
  inode: slot('exec', 'inode'),
  device: slot('exec', 'device'),
  mode: slot('exec', 'mode'),
  ownerUid: slot('exec', 'ownerUid'),
  size: slot('exec', 'size'),
  modified: slot('exec', 'modified'),
  changed: slot('exec', 'changed'),
  links: slot('exec', 'links'),
  fileSystem: slot('exec', 'fileSystem'),
};

const unset = 0xffff_ffff;

/** "pid:ticks" from a pid and a start in nanoseconds since boot. */
export function processUidOf(pid: number, startNanoseconds: number): string {
  return `${pid}:${Math.floor(startNanoseconds / 1e7)}`;
}

/** "major:minor" of a device number in the kernel's own encoding. */
export function deviceName(device: number): string {
  return `${Math.floor(device / 0x10_0000)}:${device & 0xf_ffff}`;
}

/** NUL-separated strings; the NUL after the last one is no separator. */
function splitStrings(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

/** A new process. The record's actor is the parent. */
export interface ForkDetails {
  childPid: number;
  /** CLOCK_BOOTTIME nanoseconds. */
  childStart: number;
  childUid: string;
  /** Pid in the child's own pid namespace. */
  childNamespacePid: number;
}

/** Decodes a `process.fork` record. */
export function forkOf(record: KernelRecord): ForkDetails {
  const childPid = record.number(0) ?? 0;
  const childStart = record.number(1) ?? 0;
  return {
    childPid,
    childStart,
    childUid: processUidOf(childPid, childStart),
    childNamespacePid: record.number(2) ?? 0,
  };
}

/** The end of a process: its last thread is gone. */
export interface ExitDetails {
  /** Exit status, or 128 + signal number. */
  exitCode: number;
  /** Signal that ended it, or undefined. */
  signal: number | undefined;
  /** From start to end, nanoseconds. */
  duration: number;
  /** comm. */
  command: string | undefined;
}

/** Decodes a `process.exit` record. */
export function exitOf(record: KernelRecord): ExitDetails {
  const status = record.number(0) ?? 0;
  const signal = status & 0x7f;
  return {
    exitCode: signal === 0 ? (status >> 8) & 0xff : 128 + signal,
    signal: signal === 0 ? undefined : signal,
    duration: record.number(1) ?? 0,
    command: record.text(Section.command),
  };
}

/** The file a process runs, as the kernel holds it. */
export interface ExecutableFile {
  /** Path in the process's mount namespace. */
  path: string;
  inode: number;
  /** major:minor */
  device: string;
  /** st_mode, type bits included. */
  mode: number;
  /** Owner, host user namespace. */
  ownerUid: number;
  size: number;
  /** mtime and ctime, nanoseconds since the epoch (to about 200 ns in a double). */
  modified: number;
  changed: number;
  /** The file had no name left when it was executed (deleted, or a memfd). */
  isDeleted: boolean;
  /** It lives only in memory: memfd_create. */
  isMemfd: boolean;
}

/** A new program image. Each getter decodes when it is asked, so ask once. */
export class ExecDetails {
  readonly #record: KernelRecord;

  constructor(record: KernelRecord) {
    this.#record = record;
  }

  #number(index: number): number {
    return this.#record.number(index) ?? 0;
  }

  get parentPid(): number {
    return this.#number(exec.parentPid);
  }

  get parentUid(): string {
    return processUidOf(this.#number(exec.parentPid), this.#number(exec.parentStart));
  }

  get gid(): number {
    return this.#number(exec.gid);
  }

  get egid(): number {
    return this.#number(exec.egid);
  }

  /** Effective capability set, bit n = capability n. */
  get capabilities(): bigint {
    return this.#record.bigNumber(exec.capabilities) ?? 0n;
  }

  /** Login (audit) user, undefined when unset. */
  get loginUid(): number | undefined {
    const value = this.#number(exec.loginUid);
    return value === unset ? undefined : value;
  }

  /** Audit session, undefined when unset. */
  get sessionId(): number | undefined {
    const value = this.#number(exec.sessionId);
    return value === unset ? undefined : value;
  }

  /** Pid in the process's own pid namespace. */
  get namespacePid(): number {
    return this.#number(exec.namespacePid);
  }

  /** Inode numbers of the namespaces, as in /proc/PID/ns. */
  get mountNamespace(): number {
    return this.#number(exec.mountNamespace);
  }

  get pidNamespace(): number {
    return this.#number(exec.pidNamespace);
  }

  /** kernfs id of the cgroup. */
  get cgroupId(): number {
    return this.#number(exec.cgroupId);
  }

  /** Path of the cgroup below its mount; undefined when it could not be read. */
  get cgroup(): string | undefined {
    return this.#record.walkedPath(Section.cgroup);
  }

  get file(): ExecutableFile {
    const path = this.#record.walkedPath(Section.path) ?? '';
    const links = this.#number(exec.links);
    return {
      path,
      inode: this.#number(exec.inode),
      device: deviceName(this.#number(exec.device)),
      mode: this.#number(exec.mode),
      ownerUid: this.#number(exec.ownerUid),
      size: this.#number(exec.size),
      modified: this.#number(exec.modified),
      changed: this.#number(exec.changed),
      isDeleted: links === 0,
      isMemfd: links === 0 && path.startsWith('/memfd:'),
    };
  }

  /** Path of the executable only. */
  get path(): string {
    return this.#record.walkedPath(Section.path) ?? '';
  }

  /** Arguments of the new image, argv[0] included. */
  get arguments(): string[] {
    return splitStrings(this.#record.text(Section.arguments) ?? '');
  }

  /** Whether the arguments were longer than what is kept (4 KiB). */
  get argumentsTruncated(): boolean {
    return (this.#record.sectionFlags(Section.arguments) & SectionFlag.truncated) !== 0;
  }

  /** Arguments joined by spaces. */
  get commandLine(): string {
    const text = this.#record.text(Section.arguments) ?? '';
    return (text.endsWith('\0') ? text.slice(0, -1) : text).replaceAll('\0', ' ');
  }

  /** Environment variables that change how programs load, as [name, value]. */
  get environment(): [string, string][] {
    return splitStrings(this.#record.text(Section.environment) ?? '').map(entry => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    });
  }

  get workingDirectory(): string | undefined {
    return this.#record.walkedPath(Section.workingDirectory);
  }

  /** File name given to execve: the script when the executable is its interpreter. */
  get filename(): string | undefined {
    return this.#record.text(Section.filename);
  }

  /** Interpreter named by the script's first line, when the file is a script. */
  get interpreter(): string | undefined {
    return this.#record.text(Section.interpreter);
  }

  /** Controlling terminal, such as `pts0`. */
  get terminal(): string | undefined {
    return this.#record.text(Section.terminal);
  }

  /** Short name (comm) of the new image. */
  get command(): string | undefined {
    return this.#record.text(Section.command);
  }
}

/** Decodes a `process.exec` record, attribute by attribute. Keeps the record: pass a retained one. */
export function execOf(record: KernelRecord): ExecDetails {
  return new ExecDetails(record);
}
