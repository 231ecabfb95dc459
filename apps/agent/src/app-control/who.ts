/** Who wanted to run something: the process with its ancestors, from the sensor's table. */
import type { Process, ProcessEntity } from '@redoubt/model';
import { ancestryOf, type ProcessTable, type TrackedProcess } from '@redoubt/observe';

type Image = TrackedProcess['images'][number];

/** The process as OCSF has it; only the pid where the table does not know it. */
export function whoIs(table: ProcessTable, pid: number): Process {
  const process = table.newest(pid);
  const image = process?.images.at(-1);
  if (process === undefined || image === undefined) return { pid };
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
