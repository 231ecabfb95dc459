/** Which sockets of the host listen, from /proc/net (proc(5), net/ipv4/tcp_ipv4.c: tcp4_seq_show). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { formatAddress } from '@redoubt/kernel';

/** A listening TCP socket or a bound UDP socket. */
export interface Listener {
  protocol: 'tcp' | 'udp';
  ip: string;
  port: number;
  /** Inode of the socket. */
  inode: number;
}

/** State of a TCP socket that listens, and of a UDP socket that is bound and not connected. */
const listening = { tcp: '0A', udp: '07' };

/** Lines that are read of one file; a host with more sockets than this is served by the kernel sensor. */
const linesLimit = 100_000;

/** Parses a file such as /proc/net/tcp6. Lines that are not as expected are skipped. */
export function parseSockets(text: string, protocol: 'tcp' | 'udp'): Listener[] {
  const found: Listener[] = [];
  for (const line of text.split('\n', linesLimit)) {
    const fields = line.trim().split(/\s+/);
    const [, local, remote, state] = fields;
    const inode = Number(fields[9]);
    if (local === undefined || remote === undefined || state !== listening[protocol]) continue;
    if (!/:0000$/.test(remote) || !Number.isSafeInteger(inode)) continue;
    const address = parseAddress(local);
    if (address !== undefined) found.push({ protocol, ...address, inode });
  }
  return found;
}

/** "0100007F:1F90" or the 32-digit form: 32-bit words in the machine's order, port in hexadecimal. */
function parseAddress(text: string): { ip: string; port: number } | undefined {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text);
  if (match === null) return undefined;
  const [, hex = '', port = ''] = match;
  const bytes = Buffer.alloc(16);
  Buffer.from(hex, 'hex').swap32().copy(bytes);
  return { ip: formatAddress(hex.length === 8 ? 2 : 10, bytes), port: Number.parseInt(port, 16) };
}

/**
 * Everything that listens in a network namespace.
 * @param root "/proc" for the namespace of this process, "/proc/PID" for that of another
 */
export function readListeners(root = '/proc'): Listener[] {
  return (['tcp', 'udp'] as const).flatMap(protocol =>
    [protocol, `${protocol}6`].flatMap(file => {
      try {
        return parseSockets(readFileSync(`${root}/net/${file}`, 'latin1'), protocol);
      } catch {
        return []; // a kernel without IPv6 has no such file
      }
    }),
  );
}

/**
 * Which processes hold sockets, by the socket's inode. Reads every descriptor that it may read, so it is asked
 * only when something new listens.
 */
export function socketOwners(wanted: ReadonlySet<number>, root = '/proc'): Map<number, number> {
  const owners = new Map<number, number>();
  for (const pid of readdirSync(root)) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of namesIn(`${root}/${pid}/fd`)) {
      const inode = socketInode(`${root}/${pid}/fd/${descriptor}`);
      if (inode !== undefined && wanted.has(inode) && !owners.has(inode)) owners.set(inode, Number(pid));
    }
  }
  return owners;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Inode of the socket that a link below /proc/PID/fd leads to; undefined when it leads to no socket. */
export function socketInode(link: string): number | undefined {
  try {
    const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(link));
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}
