/** The processes that run now. */
import { type Accounts, type RemarkableFact, remarkableOf, type TrackedProcess } from '@redoubt/observe';
import type { ProcessNode } from '../api/contract.ts';
import type { HostSensor } from '../sensor.ts';
import { defined, executableFlags } from './node.ts';

/** Every process that runs, as far as the table knows, by pid. */
export async function liveProcesses({ table, clock, accounts }: HostSensor): Promise<ProcessNode[]> {
  const living = [...table.processes()].filter(process => process.terminatedTime === undefined);
  const remarkable = await remarkableOf(living.filter(each => !isKernelThread(each)).map(({ pid }) => pid));
  const nodes = living.map(process =>
    nodeOf(process, clock.bootEpoch, accounts, remarkable.get(process.pid) ?? []),
  );
  return nodes.sort((left, right) => left.pid - right.pid);
}

function nodeOf(
  process: TrackedProcess,
  bootEpoch: number,
  accounts: Accounts,
  remarkable: readonly RemarkableFact[],
): ProcessNode {
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
  flags.push(...remarkable);
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
