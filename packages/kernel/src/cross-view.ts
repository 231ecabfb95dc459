/** What exists, asked of the kernel by ways that do not go through /proc: to be compared with what /proc says. */
import { loadAddon } from './native.ts';

/** Most ids probed in one call; a caller gives the event loop its turns in between. */
const chunk = 16_384;

/** Process ids (from ≤ id < to) that answer to a null signal. Needs no rights. */
export async function* probeProcesses(from: number, to: number): AsyncGenerator<number> {
  const addon = loadAddon();
  for (let start = from; start < to; start += chunk) {
    yield* addon.probePids(start, Math.min(start + chunk, to));
    await new Promise(resolve => setImmediate(resolve));
  }
}

/** Whether a process answers to a null signal. */
export function processAnswers(pid: number): boolean {
  return loadAddon().probePids(pid, pid + 1).length === 1;
}

/**
 * TCP ports (from ≤ port < to) of this network namespace that cannot be bound. Listening is not tried, and a server
 * that starts with SO_REUSEADDR, as nearly all do, can bind at the same moment.
 * @throws when no port can be tried
 */
export async function* probePorts(from: number, to: number): AsyncGenerator<number> {
  const addon = loadAddon();
  const step = 4_096;
  for (let start = from; start < to; start += step) {
    yield* addon.probePorts(start, Math.min(start + step, to));
    await new Promise(resolve => setImmediate(resolve));
  }
}

/**
 * Processes of the first pid namespace, listed by an eBPF task iterator.
 * @throws Error with a `code` where the kernel or the caller's rights do not allow it
 */
export function iterateProcesses(): Uint32Array {
  return loadAddon().listTasks();
}

/** A socket as netlink tells it. */
export interface DiagnosedSocket {
  /** Number in include/net/tcp_states.h: 10 listens, 7 is an unconnected UDP socket, 13 is bound only. */
  readonly state: number;
  readonly port: number;
  readonly uid: number;
  readonly inode: number;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
}

const families = { tcp: [2, 6], tcp6: [10, 6], udp: [2, 17], udp6: [10, 17] } as const;

/**
 * Every socket of a protocol in this network namespace, by netlink (sock_diag(7)).
 * @throws Error where the kernel has no such dump
 */
export function diagnosedSockets(protocol: keyof typeof families): DiagnosedSocket[] {
  const [family, number] = families[protocol];
  const numbers = loadAddon().socketsOf(family, number);
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return Array.from({ length: numbers.length / 8 }, (_, index) => {
    const at = index * 8;
    const [state = 0, port = 0, uid = 0, inode = 0] = numbers.subarray(at, at + 4);
    const address = bytes.slice((at + 4) * 4, (at + 4) * 4 + (family === 2 ? 4 : 16));
    return { state, port, uid, inode, address };
  });
}

/** A loaded eBPF program. */
export interface BpfProgram {
  readonly id: number;
  /** `tracing`, `xdp` …; empty for a type newer than the library. */
  readonly type: string;
  readonly typeNumber: number;
  readonly name: string;
  /** User that loaded it. */
  readonly uid: number;
  /** When it was loaded, nanoseconds since boot. */
  readonly loaded: number;
  /** Hash of its instructions, made by the kernel. */
  readonly tag: string;
}

/** What attaches a program. */
export interface BpfLink {
  readonly id: number;
  readonly type: string;
  readonly program: number;
  /** Tracepoint, kind of hook or interface, where the kernel tells. */
  readonly attach: string;
}

/** Every eBPF program that is loaded. @throws Error with a `code`: EPERM without CAP_SYS_ADMIN */
export function loadedBpfPrograms(): BpfProgram[] {
  return loadAddon().bpfPrograms();
}

/** Every eBPF link. @throws Error with a `code`: EPERM without CAP_SYS_ADMIN */
export function loadedBpfLinks(): BpfLink[] {
  return loadAddon().bpfLinks();
}
