/** Pids of the agent that listens at its socket: its eBPF programs are no surprise. */
import { readFileSync } from 'node:fs';
import { holdersOf } from '@redoubt/baseline/rootkit';
import { findAgent } from '../agent/client.ts';
import type { Invocation } from '../command.ts';

/** Inodes of listening unix sockets at a path, from /proc/net/unix: flags 10000 listen. */
function listeningInodes(path: string): Set<number> {
  const inodes = new Set<number>();
  for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n')) {
    const [, flags, inode, name] = /^\S+: \S+ \S+ (\S+) \S+ \S+\s+(\d+) (.+)$/.exec(line) ?? [];
    if (flags === '00010000' && name === path) inodes.add(Number(inode));
  }
  return inodes;
}

/** Pids that hold the agent's socket; none when no agent runs. */
export function agentPids(invocation: Invocation): number[] {
  const agent = findAgent(invocation);
  if (agent === undefined) return [];
  try {
    return [...holdersOf(listeningInodes(agent.socket)).values()].flat();
  } catch {
    return [];
  }
}
