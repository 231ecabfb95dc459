/** Routes, from /proc/net/route (IPv4) and /proc/net/ipv6_route. */
import { readFileSync } from 'node:fs';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { Host } from '../host.ts';
import { inventoryTitles } from '../titles.ts';
import { ipv4OfWord, ipv6OfHex } from './addresses.ts';
import { judgement, titled } from './judgement.ts';

/** A route: `destination` as address/prefix, `gateway` empty for what is on the link. */
export interface Route {
  readonly destination: string;
  readonly gateway: string;
  readonly device: string;
  readonly metric: number;
}

const prefixOf = (mask: string): number =>
  [...Number.parseInt(mask, 16).toString(2)].filter(bit => bit === '1').length;

/** Routes of /proc/net/route text: addresses are 32-bit words in host order, hexadecimal. */
export function parseRoutes(text: string): Route[] {
  return text.split('\n', 65_536).flatMap(line => {
    const [device, destination, gateway, , , , metric, mask] = line.split(/\s+/);
    if (device === undefined || !/^[0-9A-F]{8}$/.test(destination ?? '') || mask === undefined) return [];
    return [
      {
        destination: `${ipv4OfWord(destination as string)}/${prefixOf(mask)}`,
        gateway: gateway === '00000000' ? '' : ipv4OfWord(gateway as string),
        device,
        metric: Number(metric),
      },
    ];
  });
}

/** Routes of /proc/net/ipv6_route text; local, multicast and loopback ones are left out. */
export function parseRoutes6(text: string): Route[] {
  return text.split('\n', 65_536).flatMap(line => {
    const [destination, prefix, , , gateway, metric, , , flags, device] = line.trim().split(/\s+/);
    if (device === undefined || !/^[0-9a-f]{32}$/.test(destination ?? '')) return [];
    const isLocal = (Number.parseInt(flags ?? '0', 16) & 0x8000_0000) !== 0;
    if (device === 'lo' || isLocal || destination?.startsWith('ff')) return [];
    return [
      {
        destination: `${ipv6OfHex(destination as string)}/${Number.parseInt(prefix ?? '0', 16)}`,
        gateway: /^0+$/.test(gateway ?? '') ? '' : ipv6OfHex(gateway as string),
        device,
        metric: Number.parseInt(metric ?? '0', 16),
      },
    ];
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Networks of containers come and go. */
const fleeting = /^(?:veth|cali|docker|br-|cni|flannel|lxc|virbr|vnet|tap)/;

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  if (!new Host(options).isLive) return;
  const seen = new Set<string>();
  for (const route of [
    ...parseRoutes(read('/proc/net/route')),
    ...parseRoutes6(read('/proc/net/ipv6_route')),
  ]) {
    const key = `${route.destination} ${route.device} ${route.metric}`;
    if (seen.has(key) || fleeting.test(route.device)) continue;
    seen.add(key);
    yield { key, facts: { ...route } };
  }
}

function judge(change: StateChange): DriftJudgement | undefined {
  const isDefault = /^(?:0\.0\.0\.0|::)\/0 /.test(change.key);
  return judgement(change, {
    severity: isDefault && change.kind !== 'removed' ? 4 : 2,
    reasons: [],
    title: titled(change, { en: `route ${change.key}`, zh: `路由 ${change.key}` }),
    tags: ['attack.credential-access', 'attack.collection', 'attack.t1557'],
    mlps: ['8.1.3.1'],
  });
}

export const routesCollector: Collector = {
  name: 'routes',
  title: inventoryTitles.routes,
  collect,
  judge,
};
