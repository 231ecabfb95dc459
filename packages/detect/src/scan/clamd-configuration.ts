/** What the configuration of a clamd says of how it is reached and how far it looks (clamd.conf(5)). */
import { readFileSync } from 'node:fs';

/** Where a clamd is reached. */
export interface ClamdPlace {
  readonly socket: string;
  /** Bytes of a file up to which it looks at it, where that is known. */
  readonly most?: number;
}

/** Debian's, Fedora's, and that of one built from source. */
const files = [
  '/etc/clamav/clamd.conf',
  '/etc/clamd.d/scan.conf',
  '/etc/clamd.conf',
  '/usr/local/etc/clamd.conf',
];
const sockets = ['/run/clamav/clamd.ctl', '/run/clamd.scan/clamd.sock', '/var/run/clamd.socket'];
const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** @returns undefined when it listens on no unix socket @throws Error of the system when it cannot be read */
export function readClamdConfiguration(path: string): ClamdPlace | undefined {
  const settings = new Map<string, string>();
  for (const [, name = '', value = ''] of readFileSync(path, 'utf8').matchAll(
    /^[ \t]*(\w+)[ \t]+"?([^\n"]*?)"?[ \t]*$/gm,
  ))
    settings.set(name, value);
  const socket = settings.get('LocalSocket');
  if (socket === undefined || socket === '') return undefined;
  const bounds = ['MaxFileSize', 'MaxScanSize']
    .map(name => bytesOf(settings.get(name)))
    .filter(most => most > 0);
  return bounds.length === 0 ? { socket } : { socket, most: Math.min(...bounds) };
}

/** A size as it is written there; 0, which is "no bound" and not promised to be kept, for everything else. */
function bytesOf(text = ''): number {
  const [, number = '0', unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  return Number(number) * (units[unit.toLowerCase()] ?? 1);
}

/** Where a clamd of this host may be reached: as it is configured, then as distributions have it. */
export function usualPlaces(): ClamdPlace[] {
  const configured = files.flatMap(path => {
    try {
      return readClamdConfiguration(path) ?? [];
    } catch {
      return []; // it is not there, or not for us to read
    }
  });
  return [...configured, ...sockets.map(socket => ({ socket }))];
}
