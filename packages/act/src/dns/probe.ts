/** Whether a resolver answers: asked for a name that it answers by itself. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { wireNameOf } from './answer.ts';

/** RFC 6761 has resolvers answer this one without asking anybody. */
const probeName = 'probe.invalid';
const patience = 2_000;

/** @throws Error when there is no answer within two seconds */
export async function probe(address: string, port: number): Promise<void> {
  const head = Buffer.from([0x52, 0x44, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const query = Buffer.concat([head, wireNameOf(probeName), Buffer.from([0, 1, 0, 1])]);
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`no answer from ${address} port ${port}`)), patience);
  socket.on('error', reject);
  socket.on('message', message => {
    if (message.length >= 12 && message.readUInt16BE(0) === 0x5244) resolve();
  });
  socket.connect(port, address, () => socket.send(query));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
