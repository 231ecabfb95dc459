/** The clocks that the ladder goes by. */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Moment } from './standing.ts';

const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** Now on this host. */
export function hostMoment(): Moment {
  return { wall: Date.now(), uptime: uptime() * 1000, bootId: readFileSync(bootIdFile, 'utf8').trim() };
}
