/** Handing open files to another process (SCM_RIGHTS, unix(7)). */
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

/**
 * A connection to a stream socket in the file system, as a descriptor that the caller closes; it does not wait.
 * @throws Error with `code`, `EAGAIN` when too many wait to be accepted
 */
export function connectUnix(path: string): number {
  const fd = loadAddon().connectUnix(path);
  if (fd < 0) throw failed('connect', fd);
  return fd;
}

/**
 * Sends a descriptor; it stays open here.
 * @param text goes with it, 1 to 64 bytes: a message needs something that it consists of
 * @throws Error with `code`, `EAGAIN` when too many wait to be received
 */
export function sendDescriptor(socket: number, fd: number, text = 'f'): void {
  const status = loadAddon().sendDescriptor(socket, fd, text);
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
