/** Whether the console answers. */
import { connect } from 'node:net';

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
