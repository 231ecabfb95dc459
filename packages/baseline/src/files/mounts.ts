/** Mounts that a walk of files stays out of. */
import { readFileSync } from 'node:fs';

/**
 * File systems whose content is no file on this host's disks, or whose server may never answer: entering them could
 * hang, or would compare another machine's files.
 */
const foreign =
  /^(proc|sysfs|devtmpfs|devpts|cgroup2?|debugfs|tracefs|securityfs|configfs|fusectl|bpf|pstore|efivarfs|mqueue|hugetlbfs|autofs|binfmt_misc|rpc_pipefs|nsfs|nfs4?|cifs|smb3|ceph|9p|afs|glusterfs|fuse(\..*)?)$/;

/** Mount points of foreign file systems, as bytes, from /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export function foreignMounts(file = '/proc/self/mountinfo'): Buffer[] {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return [];
  }
  const points: Buffer[] = [];
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4];
    if (point === undefined || point === '/' || !foreign.test(after.split(' ')[0] ?? '')) continue;
    const bytes = point.replace(/\\([0-7]{3})/g, (_, octal) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    points.push(Buffer.from(bytes, 'latin1'));
  }
  return points;
}
