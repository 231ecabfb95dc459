/** Looking at the host without failing when something is not there. */
import { execFile } from 'node:child_process';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** The text of a file, or undefined when it cannot be read. */
export async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Whether a path exists. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Where a program is on the PATH (the places of system programs included), or undefined. */
export async function programPath(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const folder of folders.filter(one => one !== '')) {
    const path = join(folder, name);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}

/** What a program prints, or undefined when it is missing, fails, or takes longer than five seconds. */
export async function outputOf(program: string, parameters: readonly string[]): Promise<string | undefined> {
  const path = await programPath(program);
  if (path === undefined) return undefined;
  return promisify(execFile)(path, [...parameters], { timeout: 5000, maxBuffer: 1 << 20 }).then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}

/** Pids of processes that run under a short name. */
export async function pidsNamed(name: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(entry => /^\d+$/.test(entry));
  const named = await Promise.all(
    pids.map(async pid => ((await textOf(`/proc/${pid}/comm`))?.trim() === name ? [Number(pid)] : [])),
  );
  return named.flat();
}
