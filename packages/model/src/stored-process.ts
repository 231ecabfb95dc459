/** The row that is kept of a process: what the sensor knows of it, flat, so that it can be asked for. */
import type { Container, PackageRef } from './event/objects.ts';

/**
 * One image of one process. A process that calls execve goes on under the same `uid` with the next `image`;
 * (`boot_id`, `uid`, `image`) names a row, and a later row with the same name replaces the earlier one.
 */
export interface StoredProcess {
  /** Identity within one boot: "<pid>:<start time in clock ticks since boot>". */
  uid: string;
  /** `/proc/sys/kernel/random/boot_id` of the boot that `uid` belongs to. */
  boot_id: string;
  /** Process id in the host's pid namespace. */
  pid: number;
  /** Start of the process, milliseconds since the Unix epoch. */
  start_time: number;
  /** Start of this image (the execve that made it); absent for image 0. Milliseconds since the Unix epoch. */
  exec_time?: number;
  /** End of the process, milliseconds since the Unix epoch; absent while it runs. */
  end_time?: number;
  /** Exit status, or 128 + signal number. */
  exit_code?: number;
  /** `uid` of the parent, in the same boot. */
  parent_uid?: string;
  /** 0 until an execve of the process is seen, one more with each. */
  image: number;
  /** Short name (comm). */
  name: string;
  /** Path of the executable, as seen in the host's mount namespace where that is known. */
  exe?: string;
  /** Arguments joined by spaces. */
  cmd_line?: string;
  /** Current directory. */
  cwd?: string;
  /** Real user id. */
  user_id?: number;
  /** Effective user id. */
  euid?: number;
  /** Real group id. */
  gid?: number;
  /** Effective group id. */
  egid?: number;
  /** Login (audit) user id; absent when unset. */
  auid?: number;
  /** Login name of `user_id`. */
  user_name?: string;
  /** Container that it runs in. */
  container?: Container;
  /** SHA-256 of the executable, lower-case hexadecimal. */
  sha256?: string;
  /** Distribution package that owns the executable. */
  package?: PackageRef;
  /** Effective capabilities, a bit each, hexadecimal: `CapEff` of /proc/PID/status without leading zeros. */
  capabilities?: string;
  /** Controlling terminal. */
  tty?: string;
  /** Session id. */
  session?: number;
  /** The executable was no longer linked when it was started. */
  deleted?: boolean;
  /** The executable lives only in memory (memfd_create). */
  memfd?: boolean;
}
