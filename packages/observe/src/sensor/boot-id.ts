/** Which boot of which host this is. */
import { readFileSync } from 'node:fs';

/** The kernel's random id of this boot (random(4)). */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
