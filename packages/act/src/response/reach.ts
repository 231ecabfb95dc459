/** Whether the console answers, and where names are resolved. */
import { realpathSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import { readSmallFile } from '../durable/file.ts';

/**
 * Whether a host answers on a port. A refusal is an answer, too: it shows that packets go there and back.
 * @param within milliseconds
 */
export async function answers(address: string, port: number, within = 3_000): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: address, port });
  const timer = setTimeout(() => resolve(false), within);
  socket.once('connect', () => resolve(true));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Files that name the resolvers of a host; systemd's own knows those behind its stub (resolved.conf(5)). */
export const resolverFiles = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/** Addresses of the resolvers that such files name, without those on this host. */
export function resolversOf(files: readonly string[] = resolverFiles): string[] {
  const found = new Set<string>();
  for (const file of files) {
    // /etc/resolv.conf is often a link.
    for (const [, address = ''] of read(file).matchAll(/^\s*nameserver\s+(\S+)/gm)) {
      const plain = address.replace(/%.*$/, '');
      if (isIP(plain) !== 0 && !/^(127\.|::1$|0\.0\.0\.0$|::$)/.test(plain)) found.add(plain);
    }
  }
  return [...found];
}

function read(path: string): string {
  try {
    return readSmallFile(realpathSync(path), 1_000_000) ?? '';
  } catch {
    return '';
  }
}
