/** What a drill could leave behind, looked for without the drill's own help. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const prefix = 'redoubt-drill-';

async function drillEntries(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter(name => name.includes('redoubt-drill')).map(name => `${directory}/${name}`);
}

/** Processes whose command line bears a drill's tag. */
async function drillProcesses(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const [program = '', ...rest] = command.split('\0');
    if (program.endsWith('redoubt-drill') || (program.includes(prefix) && rest.length > 0))
      found.push(`process ${pid}: ${command.replaceAll('\0', ' ')}`);
  }
  return found;
}

async function cgroups(): Promise<string[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const points = mounts
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, , type]) => type === 'cgroup2' || type === 'cgroup')
    .map(([, point = '']) => point);
  return (await Promise.all(points.map(drillEntries))).flat();
}

/** Everything on this host that a drill left: directories, files, processes, mounts, control groups. */
export async function traces(): Promise<string[]> {
  const directories = ['/tmp', '/dev/shm', '/etc', '/etc/cron.d', '/etc/systemd/system', '/root/.ssh'];
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  return [
    ...(await Promise.all(directories.map(drillEntries))).flat(),
    ...mounts.filter(line => line.includes('redoubt-drill')),
    ...(await drillProcesses()),
    ...(await cgroups()),
  ];
}

/**
 * Waits until nothing is left. The guards clean up on their own when their caller is dead, as fast as the host lets
 * them: a minute is their own bound. What is left after that is told.
 */
export async function tracesAfterWaiting(): Promise<string[]> {
  for (const until = performance.now() + 90_000; performance.now() < until; await wait(50)) {
    if ((await traces()).length === 0) return [];
  }
  return traces();
}
