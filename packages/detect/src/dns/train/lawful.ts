/** Labels that people registered or chose, from the package lists of this Debian system. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { namePartsOf } from '../name-shape.ts';

/** The text of all package records that apt knows. @throws Error where there is no apt */
function packageRecords(): string {
  return execFileSync('apt-cache', ['dumpavail'], { encoding: 'utf8', maxBuffer: 1 << 30 });
}

/** Host names of home pages and of maintainers' addresses, each once, in lower case. */
export function lawfulHosts(records = packageRecords()): string[] {
  const hosts = new Set<string>();
  for (const [, host = ''] of records.matchAll(/^Homepage: https?:\/\/([^/\s:?#]+)/gm))
    hosts.add(host.toLowerCase());
  for (const [, host = ''] of records.matchAll(/@([\w.-]+\.[a-z]{2,})>/g)) hosts.add(host.toLowerCase());
  return [...hosts].filter(host => /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(host));
}

/** Labels, each once: registered labels, labels below them, and names of packages (without `lib`). */
export function lawfulLabels(): string[] {
  const records = packageRecords();
  const labels = new Set<string>();
  for (const host of lawfulHosts(records)) {
    const { label, below } = namePartsOf(host);
    for (const one of [label, ...below.split('.')]) labels.add(one);
  }
  for (const [, name = ''] of records.matchAll(/^Package: ([a-z0-9-]+)$/gm))
    labels.add(name.replace(/^lib|-dev$|\d+$/g, ''));
  return [...labels].filter(label => /^[a-z0-9-]{2,63}$/.test(label));
}

/** Whether a label is kept out of the training: a fifth each for the limits and for the measurement. */
export function isHeld(label: string, purpose: 'limits' | 'bench'): boolean {
  const byte = createHash('sha256').update(label).digest()[0] as number;
  return purpose === 'limits' ? byte < 51 : byte >= 205;
}
