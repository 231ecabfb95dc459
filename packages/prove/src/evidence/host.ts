/** Which host this is, as a manifest names it. */
import { readFileSync } from 'node:fs';
import { hostname, release, version } from 'node:os';
import type { EvidenceHost } from './manifest.ts';

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** This host. */
export function thisHost(): EvidenceHost {
  const booted = Number(/^btime (\d+)$/m.exec(text('/proc/stat'))?.[1] ?? 0) * 1000;
  return {
    name: hostname(),
    id: text('/etc/machine-id') || hostname(),
    boot_id: text('/proc/sys/kernel/random/boot_id'),
    kernel: `${release()} ${version()}`,
    system: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text('/etc/os-release'))?.[1] ?? '',
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    booted,
  };
}
