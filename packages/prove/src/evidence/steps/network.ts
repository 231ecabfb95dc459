/** Routes, neighbours, interfaces and packet filters. */
import type { EvidenceStep } from '../step.ts';
import { keepCommand, keepFiles } from './read.ts';

const files = [
  '/proc/self/net/route',
  '/proc/self/net/ipv6_route',
  '/proc/self/net/arp',
  '/proc/self/net/dev',
  '/proc/self/net/if_inet6',
  '/proc/self/net/fib_trie',
  '/etc/resolv.conf',
  '/etc/hosts',
];

const commands = [
  ['ip-address.json', 'ip', '-json', 'address'],
  ['ip-route.json', 'ip', '-json', 'route', 'show', 'table', 'all'],
  ['ip-rule.json', 'ip', '-json', 'rule'],
  ['ip-neighbour.json', 'ip', '-json', 'neighbour'],
  ['nft-ruleset.json', 'nft', '-j', 'list', 'ruleset'],
] as const;

export const networkStep: EvidenceStep = {
  id: 'network',
  title: { en: 'routes, neighbours, packet filter', zh: '路由、邻居、包过滤规则' },
  estimate: async () => ({ members: files.length + commands.length }),
  collect: async ({ sink }) => {
    await keepFiles(sink, files);
    for (const [name, program, ...words] of commands) await keepCommand(sink, name, program, words);
  },
};
