/** What listens: protocol, address, port, and the program and user behind it. */
import { readFileSync } from 'node:fs';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { Host } from '../host.ts';
import { inventoryTitles } from '../titles.ts';
import { judgement, reason, titled } from './judgement.ts';
import { runningProcess } from './processes.ts';
import { holdersOf, isListening, listedSockets } from './sockets.ts';

/** Ports that the kernel hands out by itself: a UDP socket there is the client's end of a question. */
function ephemeralPorts(): readonly [low: number, high: number] {
  try {
    const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    return [low ?? 32_768, high ?? 60_999];
  } catch {
    return [32_768, 60_999];
  }
}

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  const host = new Host(options);
  if (!host.isLive) return;
  const [low, high] = ephemeralPorts();
  const listening = listedSockets().filter(
    socket =>
      isListening(socket) &&
      !(socket.protocol.startsWith('udp') && socket.port >= low && socket.port <= high),
  );
  const holders = holdersOf(new Set(listening.map(({ inode }) => inode)));
  const seen = new Set<string>();
  for (const { protocol, address, port, uid, inode } of listening) {
    const key = `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const programs = (holders.get(inode) ?? [])
      .map(pid => runningProcess(pid)?.program ?? '')
      .filter(Boolean);
    const program = [...new Set(programs)].sort().join(' ');
    yield {
      key,
      facts: { protocol, address, port, program: program === '' ? null : program, user: host.userName(uid) },
    };
  }
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

function judge(change: StateChange): DriftJudgement | undefined {
  if (change.kind === 'removed') return undefined;
  const { facts } = change.after;
  const address = String(facts['address']);
  const reasons = [];
  let severity = 2;
  if (!isLoopback(address)) {
    severity = 3;
    reasons.push(reason('address', address, 'it can be reached from other hosts', '可从其他主机访问'));
  }
  if (facts['program'] === null) {
    severity = Math.max(severity, 4);
    reasons.push(reason('program', '', 'no process that can be seen holds it', '没有可见的进程持有此端口'));
  } else
    reasons.push(
      reason(
        'program',
        facts['program'],
        `${facts['program']} listens as ${facts['user']}`,
        `${facts['program']} 以用户 ${facts['user']} 监听`,
      ),
    );
  return judgement(change, {
    severity,
    reasons,
    title: titled(change, { en: `listener ${change.key}`, zh: `监听端口 ${change.key}` }),
    tags: ['attack.command-and-control', 'attack.persistence', 'attack.t1205', 'attack.t1571'],
    mlps: ['8.1.4.4', '8.1.3.1'],
  });
}

export const listenersCollector: Collector = {
  name: 'listeners',
  title: inventoryTitles.listeners,
  collect,
  judge,
};
