/** Which process is behind a change that only names a pid. */
import { readFileSync, readlinkSync } from 'node:fs';
import type { Process } from '@redoubt/model';
import type { HostSensor } from '../sensor.ts';

function read<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return undefined; // it has ended
  }
}

/** The process with a pid, from the sensor's table or from /proc; undefined when neither knows it. */
export function processOfPid({ table }: HostSensor, pid: number): Process | undefined {
  if (pid <= 0) return undefined;
  const tracked = table.newest(pid);
  const path = tracked?.image?.file.path ?? read(() => readlinkSync(`/proc/${pid}/exe`));
  const name = read(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? path?.split('/').at(-1);
  if (name === undefined) return undefined;
  const cmdLine = read(() =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0+$/, '').replaceAll('\0', ' '),
  );
  return {
    pid,
    name,
    ...(tracked === undefined ? {} : { uid: tracked.uid }),
    ...(cmdLine ? { cmd_line: cmdLine } : {}),
    ...(path === undefined ? {} : { file: { path, name: path.split('/').at(-1) ?? '' } }),
  } as Process;
}
