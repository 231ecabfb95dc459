/** Ports of the loopback interface. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { until } from './command.ts';

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Waits until something accepts connections on a port of 127.0.0.1. */
export async function untilListening(port: number): Promise<void> {
  await until(`port ${port} to accept connections`, async () => {
    const socket = connect(port, '127.0.0.1');
    const answer = await new Promise<true | undefined>(resolve => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(undefined));
    });
    socket.destroy();
    return answer;
  });
}
