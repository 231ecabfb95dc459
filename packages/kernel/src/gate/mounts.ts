/** Which file systems a gate stands before: those that there are, and those that appear later. */
import { readFileSync } from 'node:fs';

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly id: number;
  /** "major:minor" of the file system. */
  readonly device: string;
  readonly point: string;
  readonly type: string;
  readonly source: string;
}

/** Nothing can be run from these, or marking them does harm. */
const pseudo = new Set(
  'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts efivarfs fusectl hugetlbfs mqueue nsfs proc pstore ramfs rpc_pipefs securityfs selinuxfs sysfs tracefs'.split(
    ' ',
  ),
);

/**
 * A server that does not answer would hold the gate, so these are left out: nfs, cifs and whatever a program serves.
 */
const remote = /^(?:nfs\d?|cifs|smb3?|ceph|glusterfs|9p|afs|lustre|fuse(?:\..*)?|fuseblk)$/;

/** Whether programs can be run from it and a gate can stand before it without harm. */
export function isGateable({ type }: Mount): boolean {
  return !pseudo.has(type) && !remote.test(type);
}

/** Whether it is left out for its server's sake although programs can be run from it. */
export function isRemote({ type }: Mount): boolean {
  return remote.test(type);
}

/** The mounts of a mountinfo text. Lines that are none are left out. */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    const [id = '', , device = '', , point = ''] = fields;
    const type = fields[dash + 1];
    if (dash < 0 || !/^\d+$/.test(id) || !/^\d+:\d+$/.test(device) || type === undefined) continue;
    mounts.push({
      id: Number(id),
      device,
      point: unescaped(point),
      type,
      source: unescaped(fields[dash + 2] ?? ''),
    });
  }
  return mounts;
}

/** The mounts that this process sees. */
export function readMounts(): Mount[] {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** The kernel writes space, tab, newline and backslash as octal. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
