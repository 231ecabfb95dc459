/** What is known of the host that the agent runs on. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { Device } from '@redoubt/model';
import type { Summary } from '../api/contract.ts';

function readLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function prettyName(): string {
  const line = readLine('/etc/os-release')
    .split('\n')
    .find(entry => entry.startsWith('PRETTY_NAME='));
  return line?.slice('PRETTY_NAME='.length).replaceAll('"', '') ?? os.type();
}

/** Start of this boot in milliseconds since the Unix epoch (`btime` of /proc/stat, whole seconds). */
function bootTime(): number {
  const seconds = /^btime (\d+)$/m.exec(readLine('/proc/stat'))?.[1];
  return seconds === undefined ? Math.round(Date.now() - os.uptime() * 1000) : Number(seconds) * 1000;
}

/** The facts of the host that the summary shows. They are read once: they do not change while it runs. */
export function readHost(): Summary['host'] {
  return {
    hostname: os.hostname(),
    os: prettyName(),
    kernel: os.release(),
    machine_id: readLine('/etc/machine-id'),
    cpus: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    boot_time: bootTime(),
  };
}

/** The host as OCSF `device`. */
export function deviceOf(host: Summary['host']): Device {
  return {
    hostname: host.hostname,
    ...(host.machine_id === '' ? {} : { uid: host.machine_id }),
    type_id: 1,
    os: { name: host.os, type_id: 200, kernel_release: host.kernel },
  };
}
