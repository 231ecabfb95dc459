/** The check before a guest starts: a hook of libvirt (libvirt.org/hooks.html) that Redoubt writes and takes away. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ImageError } from './entry.ts';

/** Where libvirt looks for hooks of QEMU guests since 6.5. */
export const hookPath = '/etc/libvirt/hooks/qemu.d/50-redoubt';
/** Where golden states of guests lie: NAME.state. */
export const guestStates = '/var/lib/redoubt/guests';
const mark = '# Written by Redoubt: redoubt image hook remove takes it away.';

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The hook. It says yes to everything but a guest whose disk differs, or whose golden state was tampered with, while
 * `enforce` is on: also when Redoubt is gone, fails, or takes longer than ten minutes.
 * @param states folder of the golden states of guests
 * @param vault folder of the key that they are checked with, where it is not the usual one
 */
export function hookScript(launcher: string, enforce: boolean, states: string, vault?: string): string {
  const places = ['--states', states, ...(vault === undefined ? [] : ['--vault', vault])];
  return `#!/bin/sh
${mark}
[ "$2" = prepare ] && [ "$3" = begin ] || exit 0
[ -x ${quoted(launcher)} ] || exit 0
timeout 600 ${quoted(launcher)} image hook run "$1" ${places.map(quoted).join(' ')}
[ $? = 1 ] && exit ${enforce ? 1 : 0}
exit 0
`;
}

/** Writes the hook. @throws ImageError when a file of someone else lies there */
export function installHook(script: string, path = hookPath): void {
  if (existsSync(path) && !readFileSync(path, 'utf8').includes(mark))
    throw new ImageError(`${path} was not written by Redoubt and stays as it is`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, script, { mode: 0o755 });
  chmodSync(path, 0o755);
}

/** Takes the hook away; false when there is none. @throws ImageError when it is someone else's */
export function removeHook(path = hookPath): boolean {
  if (!existsSync(path)) return false;
  if (!readFileSync(path, 'utf8').includes(mark))
    throw new ImageError(`${path} was not written by Redoubt and stays as it is`);
  rmSync(path);
  return true;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Files and block devices of a guest's disks, out of its description in XML; CD-ROMs are left out. */
export function disksOf(xml: string): string[] {
  const disks: string[] = [];
  for (const [disk] of xml.slice(0, 4 * 1024 * 1024).matchAll(/<disk\b[^>]*>[\s\S]*?<\/disk>/g)) {
    if (/<disk\b[^>]*\bdevice=['"](?:cdrom|floppy)['"]/.test(disk)) continue;
    const path = /<source\b[^>]*\b(?:file|dev)=(?:'([^']*)'|"([^"]*)")/.exec(disk);
    const text = path?.[1] ?? path?.[2];
    if (text !== undefined)
      disks.push(text.replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole));
  }
  return disks;
}

/** The golden state of a guest; undefined when there is none. A name that is no plain word has none. */
export function stateOfGuest(name: string, states = guestStates): string | undefined {
  if (!/^[\w][\w.+-]{0,127}$/.test(name)) return undefined;
  const path = join(states, `${name}.state`);
  return existsSync(path) ? path : undefined;
}
