/** Handing open files to a process of ours, whoever it is (SCM_RIGHTS, unix(7)). */
import { getSystemErrorName } from 'node:util';
import { loadAddon } from './native.ts';

/**
 * Two ends of a socket: one for us, one for the process to be started with.
 * @throws Error with `code`; KernelSensorError when the addon has not been built
 */
export function socketPair(): [number, number] {
  const ends = loadAddon().socketPair();
  if (typeof ends === 'number') throw failed('socketpair', ends);
  return ends;
}

/** Sends a descriptor; it stays open here. @throws Error with `code`, `EAGAIN` when too many wait to be received */
export function sendDescriptor(socket: number, fd: number): void {
  const status = loadAddon().sendDescriptor(socket, fd);
  if (status < 0) throw failed('sendmsg', status);
}

/** Takes the next descriptor, which the caller closes. @throws Error with `code`, `EAGAIN` when none was sent */
export function receiveDescriptor(socket: number): number {
  const fd = loadAddon().receiveDescriptor(socket);
  if (fd < 0) throw failed('recvmsg', fd);
  return fd;
}

function failed(syscall: string, errno: number): Error {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${code}: ${syscall}`), { code, errno, syscall });
}
