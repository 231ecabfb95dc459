/** From where people are signed in at present: utmp(5), and SSH sessions by their own processes and sockets. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { addressOfBytes, addressOfHex, canonicalAddress } from './address.ts';

/** Layout of `struct utmp` on 64-bit and 32-bit Linux with glibc: 384 bytes an entry (bits/utmp.h). */
const entryBytes = 384;
const userProcess = 7;
const hostAt = 76;
const hostBytes = 256;
const addressAt = 348;
const utmpLimit = 1 << 22;

/** How an SSH session names itself once somebody has signed in (session.c, sshd's setproctitle). */
const sshSession = /^sshd(?:-session)?: [^\s@]+@/;

/** How long an answer holds, milliseconds: reading all processes for each line of an attack would be one itself. */
const answerHolds = 5_000;

let known:
  | { readonly root: string; readonly time: number; readonly addresses: ReadonlySet<string> }
  | undefined;

/**
 * Addresses from which somebody is signed in. What cannot be read is left out.
 * @param root folder that stands for `/`, for tests
 */
export function sessionAddresses(root = '/', now = performance.now()): ReadonlySet<string> {
  if (known !== undefined && known.root === root && now - known.time < answerHolds) return known.addresses;
  const addresses = new Set([
    ...utmpAddresses(join(root, 'var/run/utmp')),
    ...sshAddresses(join(root, 'proc')),
  ]);
  known = { root, time: now, addresses };
  return addresses;
}

/** Addresses in a utmp file; none when there is no such file, as on systems that have given it up. */
export function utmpAddresses(path: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const found: string[] = [];
  for (let at = 0; at + entryBytes <= Math.min(bytes.length, utmpLimit); at += entryBytes) {
    if (bytes.readInt16LE(at) !== userProcess) continue;
    const name = bytes.subarray(at + hostAt, at + hostAt + hostBytes);
    const end = name.indexOf(0);
    const host = canonicalAddress(name.subarray(0, end < 0 ? hostBytes : end).toString('latin1'));
    if (host !== undefined) found.push(host);
    const raw = bytes.subarray(at + addressAt, at + addressAt + 16);
    const isFour = raw.subarray(4).every(byte => byte === 0);
    const canonical = addressOfBytes(isFour ? raw.subarray(0, 4) : raw);
    if (canonical !== undefined && canonical !== '0.0.0.0') found.push(canonical);
  }
  return found;
}

/** Peers of SSH sessions whose user has signed in. */
function sshAddresses(proc: string): string[] {
  const inodes = new Set<string>();
  for (const pid of folder(proc).filter(name => /^\d+$/.test(name))) {
    if (!sshSession.test(text(join(proc, pid, 'cmdline')))) continue;
    // The monitor, root's process above the session, holds the same socket: either one leads to it.
    for (const descriptor of folder(join(proc, pid, 'fd'))) {
      const socket = /^socket:\[(\d+)\]$/.exec(link(join(proc, pid, 'fd', descriptor)));
      if (socket?.[1] !== undefined) inodes.add(socket[1]);
    }
  }
  if (inodes.size === 0) return [];
  return tcpPeers(proc)
    .filter(({ inode }) => inodes.has(inode))
    .map(({ address }) => address);
}

/** The other ends of TCP connections, as /proc/net/tcp and tcp6 list them; of established ones and those that end. */
export function tcpPeers(proc = '/proc'): { readonly address: string; readonly inode: string }[] {
  return ['tcp', 'tcp6'].flatMap(name =>
    text(join(proc, 'net', name))
      .split('\n')
      .slice(1)
      .flatMap(line => {
        const [, , remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/);
        const address = addressOfHex(remote.split(':')[0] ?? '');
        return address === undefined || address === '0.0.0.0' ? [] : [{ address, inode }];
      }),
  );
}

function folder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
