/** A load that goes on until it is stopped: processes and files, as fast as the machine can. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { ended } from '../lib/command.ts';
import { buildPrograms, programs } from '../lib/workplace.ts';

const FOREVER = '1000000000';

/** Starts the load in `folder`. @returns stops it */
export async function startLoad(folder: string): Promise<() => Promise<void>> {
  await buildPrograms();
  const files = join(folder, 'load-files');
  mkdirSync(files, { recursive: true });
  const running = [
    spawn(join(programs, 'exec-storm'), [join(programs, 'nothing'), FOREVER], { stdio: 'ignore' }),
    spawn(join(programs, 'file-storm'), [files, FOREVER], { stdio: 'ignore' }),
  ];
  return onCleanup(async () => {
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(running.map(ended));
  });
}
