/** The storms: nothing but the system calls that a watcher must record. The worst case, not a usual one. */
import { join } from 'node:path';
import { run } from '../lib/command.ts';
import { buildPrograms, programs } from '../lib/workplace.ts';
import type { Workload } from './workload.ts';

/** Executes the smallest program `count` times, one after the other; answers the seconds that it took. */
export async function execStorm(count: number): Promise<number> {
  return Number(await run(join(programs, 'exec-storm'), [join(programs, 'nothing'), String(count)]));
}

/** Creates, renames and unlinks a file `cycles` times in `folder`; answers the seconds that it took. */
export async function fileStorm(folder: string, cycles: number): Promise<number> {
  return Number(await run(join(programs, 'file-storm'), [folder, String(cycles)]));
}

/** Processes: spawn, execute, wait. */
export const execStormWorkload: Workload = {
  name: 'exec storm',
  operation: { en: 'process', zh: '个进程' },
  packages: ['gcc', 'libc6-dev', 'make'],
  bar: 1.1,
  async prepare(_folder, { scale }) {
    await buildPrograms();
    const operations = Math.ceil(5000 * scale);
    return { run: async () => ({ seconds: await execStorm(operations), operations }) };
  },
};

/** Files: create, rename, unlink. */
export const fileStormWorkload: Workload = {
  name: 'file storm',
  operation: { en: 'file operation', zh: '次文件操作' },
  packages: ['gcc', 'libc6-dev', 'make'],
  bar: 1.1,
  async prepare(folder, { scale }) {
    await buildPrograms();
    const cycles = Math.ceil(80_000 * scale);
    return { run: async () => ({ seconds: await fileStorm(folder, cycles), operations: 3 * cycles }) };
  },
};
