/** Who wanted to run or has written something: the process with its ancestors, from the sensor's table. */
import { readFileSync, readlinkSync } from 'node:fs';
import type { Process, ProcessEntity } from '@redoubt/model';
import { ancestryOf, type ProcessTable, type TrackedProcess } from '@redoubt/observe';

type Image = TrackedProcess['images'][number];

/** The process as OCSF has it; where the table does not know it, as far as /proc does, if it still lives. */
export function whoIs(table: ProcessTable, pid: number): Process {
  const process = table.newest(pid);
  const image = process?.images.at(-1);
  if (process === undefined || image === undefined) return fromProc(pid);
  const ancestry = ancestryOf(process, image).map(step => entityOf(step.process, step.image));
  return { ...entityOf(process, image), ancestry };
}

function entityOf(process: TrackedProcess, image: Image | undefined): ProcessEntity {
  const { pid, startTicks, context } = process;
  const path = image?.file.path;
  return {
    uid: `${pid}:${startTicks}`,
    pid,
    user: { uid: String(context.credentials.userId) },
    ...(path !== undefined && { name: path.slice(path.lastIndexOf('/') + 1), file: { path } }),
  };
}

/** Name, program and user of a process that lives (proc_pid_status(5)); only the pid of one that has ended. */
function fromProc(pid: number): Process {
  if (pid <= 0) return { pid };
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [, name] = /^Name:\t(.*)$/m.exec(status) ?? [];
    const [, user] = /^Uid:\t(\d+)/m.exec(status) ?? [];
    const path = readlinkSync(`/proc/${pid}/exe`);
    return {
      pid,
      ...(name !== undefined && { name }),
      ...(user !== undefined && { user: { uid: user } }),
      file: { path },
    };
  } catch {
    return { pid };
  }
}
