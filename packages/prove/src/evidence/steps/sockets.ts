/** Sockets: what /proc/net says, and beside it what netlink says, so that a socket hidden from one is seen in the other. */
import { diagnosedSockets } from '@redoubt/kernel';
import { wordsOf } from '../error.ts';
import type { EvidenceStep } from '../step.ts';
import { keepFiles } from './read.ts';

const tables = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'unix', 'packet', 'netlink', 'icmp', 'sockstat'];

export const socketsStep: EvidenceStep = {
  id: 'sockets',
  title: { en: 'sockets', zh: '套接字' },
  estimate: async () => ({ members: tables.length + 4 }),
  collect: async ({ sink }) => {
    await keepFiles(
      sink,
      tables.map(name => `/proc/self/net/${name}`),
    );
    for (const protocol of ['tcp', 'tcp6', 'udp', 'udp6'] as const) {
      try {
        const sockets = diagnosedSockets(protocol).map(({ address, ...rest }) => ({
          ...rest,
          address: Buffer.from(address).toString('hex'),
        }));
        await sink.json(`sock_diag/${protocol}.json`, sockets);
      } catch (error) {
        sink.signal.throwIfAborted();
        sink.note(`sock_diag ${protocol}: ${wordsOf(error)}`, `sock_diag ${protocol}：${wordsOf(error)}`);
      }
    }
  },
};
