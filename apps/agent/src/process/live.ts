/** The processes that run now. */
import type { Accounts, TrackedProcess } from '@redoubt/observe';
import type { ProcessNode } from '../api/contract.ts';
import type { HostSensor } from '../sensor.ts';
import { defined, executableFlags } from './node.ts';

/** Every process that runs, as far as the table knows, by pid. */
export function liveProcesses({ table, clock, accounts }: HostSensor): ProcessNode[] {
  const nodes: ProcessNode[] = [];
  for (const process of table.processes()) {
    if (process.terminatedTime === undefined) nodes.push(nodeOf(process, clock.bootEpoch, accounts));
  }
  return nodes.sort((left, right) => left.pid - right.pid);
}

function nodeOf(process: TrackedProcess, bootEpoch: number, accounts: Accounts): ProcessNode {
  const { image, context } = process;
  const { userId } = context.credentials;
  const flags = executableFlags({
    path: image.file.path || undefined,
    memfd: image.file.isMemfd,
    deleted: image.file.isDeleted,
    setuid: (image.file.mode & 0o4000) !== 0,
    // What a container runs belongs to its image, which the host's package manager does not know.
    packaged:
      context.container !== undefined || image.package === undefined ? undefined : image.package !== null,
  });
  if (isKernelThread(process)) flags.push('kernel_thread');
  return {
    uid: process.uid,
    pid: process.pid,
    name: image.name,
    start: Math.floor(bootEpoch + process.createdTime),
    flags,
    ...defined({
      parent_uid: process.parent?.uid,
      exe: image.file.path || undefined,
      cmd_line: image.commandLine || undefined,
      user: defined({ uid: String(userId), name: context.container ? undefined : accounts.userName(userId) }),
      container: context.container,
      sha256: image.sha256,
      package: image.package ?? undefined,
    }),
  } as ProcessNode;
}

/** Kernel threads are kthreadd (pid 2) and its children. */
function isKernelThread(process: TrackedProcess): boolean {
  return process.pid === 2 || (process.parentPid === 2 && process.image.file.path === '');
}
