/** Sockets as /proc/net shows them, and the processes that hold them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { ipv4OfWord, ipv6OfWords } from './addresses.ts';
import { listedPids } from './processes.ts';

export type SocketProtocol = 'tcp' | 'tcp6' | 'udp' | 'udp6';
export const socketProtocols: readonly SocketProtocol[] = ['tcp', 'tcp6', 'udp', 'udp6'];

/** An internet socket of this network namespace. */
export interface InternetSocket {
  readonly protocol: SocketProtocol;
  readonly address: string;
  readonly port: number;
  /** Number in include/net/tcp_states.h: 10 listens; 7 is an unconnected UDP socket. */
  readonly state: number;
  readonly uid: number;
  readonly inode: number;
}

/** Whether it waits for peers: a TCP listener, or a UDP socket without a peer. */
export function isListening({ protocol, state }: InternetSocket): boolean {
  return protocol.startsWith('tcp') ? state === 10 : state === 7;
}

/** Sockets of /proc/net/{tcp,tcp6,udp,udp6} text. */
export function parseSockets(protocol: SocketProtocol, text: string): InternetSocket[] {
  const pattern =
    /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) \S+ \S+ \S+\s+(\d+)\s+\d+ (\d+)/;
  return text.split('\n').flatMap(line => {
    const [, address, port, state, uid, inode] = pattern.exec(line) ?? [];
    if (address === undefined || port === undefined || state === undefined) return [];
    return [
      {
        protocol,
        address: address.length === 8 ? ipv4OfWord(address) : ipv6OfWords(address),
        port: Number.parseInt(port, 16),
        state: Number.parseInt(state, 16),
        uid: Number(uid),
        inode: Number(inode),
      },
    ];
  });
}

/** Sockets that /proc/net lists; a protocol that this kernel lacks has none. */
export function listedSockets(proc = '/proc'): InternetSocket[] {
  return socketProtocols.flatMap(protocol => {
    try {
      return parseSockets(protocol, readFileSync(`${proc}/net/${protocol}`, 'utf8'));
    } catch {
      return [];
    }
  });
}

/** Pids that hold each of some socket inodes. Looks at every descriptor of every process. */
export function holdersOf(inodes: ReadonlySet<number>, proc = '/proc'): Map<number, number[]> {
  const holders = new Map<number, number[]>();
  for (const pid of listedPids(proc)) {
    let names: string[] = [];
    try {
      names = readdirSync(`${proc}/${pid}/fd`);
    } catch {
      continue;
    }
    for (const name of names) {
      let link = '';
      try {
        link = readlinkSync(`${proc}/${pid}/fd/${name}`);
      } catch {
        continue;
      }
      const inode = Number(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? 0);
      if (!inodes.has(inode)) continue;
      const pids = holders.get(inode) ?? [];
      if (!pids.includes(pid)) pids.push(pid);
      holders.set(inode, pids);
    }
  }
  return holders;
}
