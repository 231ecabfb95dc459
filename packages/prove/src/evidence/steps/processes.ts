/** Running processes: what /proc says of each, names but not values of its environment. */
import type { EvidenceStep } from '../step.ts';
import { bytesOf, linkOf, namesIn, runningPids, textOf } from './read.ts';

/** Open files of one process that are listed. */
const fileLimit = 10_000;
const spaces = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'];

function openFiles(folder: string): { files: unknown[]; left_out?: number } {
  const names = namesIn(`${folder}/fd`);
  const files = names.slice(0, fileLimit).map(name => {
    const info = textOf(`${folder}/fdinfo/${name}`) ?? '';
    const flags = /^flags:\s*(\S+)/m.exec(info)?.[1];
    return { fd: Number(name), to: linkOf(`${folder}/fd/${name}`), ...(flags && { flags }) };
  });
  return names.length > fileLimit ? { files, left_out: names.length - fileLimit } : { files };
}

/** Names of environment variables; their values may be secrets of others. */
function environmentNames(folder: string): string[] {
  const text = bytesOf(`${folder}/environ`)?.toString('utf8') ?? '';
  return text
    .split('\0')
    .map(one => one.split('=')[0] ?? '')
    .filter(Boolean);
}

/** What is known of one process; undefined when it is gone. */
export function processFacts(pid: number): Record<string, unknown> | undefined {
  const folder = `/proc/${pid}`;
  const stat = textOf(`${folder}/stat`);
  if (stat === undefined) return undefined;
  return {
    pid,
    stat: stat.trimEnd(),
    status: textOf(`${folder}/status`),
    exe: linkOf(`${folder}/exe`),
    cwd: linkOf(`${folder}/cwd`),
    root: linkOf(`${folder}/root`),
    command_line: bytesOf(`${folder}/cmdline`)?.toString('utf8').split('\0').slice(0, -1),
    environment_names: environmentNames(folder),
    cgroup: textOf(`${folder}/cgroup`)?.trimEnd().split('\n'),
    namespaces: Object.fromEntries(spaces.map(name => [name, linkOf(`${folder}/ns/${name}`)])),
    threads: namesIn(`${folder}/task`).length,
    login_uid: textOf(`${folder}/loginuid`),
    ...openFiles(folder),
  };
}

function* facts(pids: readonly number[]) {
  for (const pid of pids) {
    const found = processFacts(pid);
    if (found !== undefined) yield found;
  }
}

export const processesStep: EvidenceStep = {
  id: 'processes',
  title: { en: 'processes: mappings, open files, namespaces', zh: '进程：内存映射、打开的文件、命名空间' },
  estimate: async () => ({ members: runningPids().length + 1 }),
  collect: async ({ sink }) => {
    const pids = runningPids();
    await sink.lines('processes', facts(pids));
    for (const pid of pids) {
      const maps = bytesOf(`/proc/${pid}/maps`);
      if (maps !== undefined && maps.length > 0) await sink.bytes(`maps/${pid}`, maps);
    }
  },
};
