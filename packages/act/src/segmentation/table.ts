/** Reading our table back: whether it is as it was made, and whom it has refused. */
import { createHash } from 'node:crypto';
import type { NftObject } from '../nftables/nft.ts';
import { type SegmentationChain, segmentationChains } from './compile.ts';

/** Members that say how often, where in memory, or since when, but not what. */
const passing = new Set(['handle', 'packets', 'bytes', 'expires']);
const deniedSet = /^denied_(input|output|forward)_([46])$/;

/** The table's meaning as a digest: the same until somebody changes it. */
export function fingerprintOf(objects: readonly NftObject[]): string {
  const lasting = objects.map(object => {
    const name = object['set']?.['name'];
    if (typeof name !== 'string' || !deniedSet.test(name)) return object;
    const { elem: _, ...rest } = object['set'] ?? {};
    return { set: rest };
  });
  const text = JSON.stringify(lasting, (key, value: unknown) => (passing.has(key) ? undefined : value));
  return createHash('sha256').update(text).digest('hex');
}

/** A connection that was refused, or at audit would have been. */
export interface RefusedFlow {
  readonly chain: SegmentationChain;
  /** Source for `input`, destination otherwise. */
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
  /** Seconds since the last attempt. */
  readonly age: number;
}

/** Seconds after which the sets forget, see `seenSet`. */
const remembered = 3600;

/** Whom the table remembers. */
export function refusedIn(objects: readonly NftObject[]): RefusedFlow[] {
  return objects.flatMap(({ set }) => {
    const [, chain] = deniedSet.exec(String(set?.['name'])) ?? [];
    const elements = set?.['elem'];
    if (chain === undefined || !Array.isArray(elements)) return [];
    return elements.flatMap((element: unknown): RefusedFlow[] => {
      const { elem } = element as { elem?: { val?: { concat?: unknown[] }; expires?: number } };
      const [address, protocol, port] = elem?.val?.concat ?? [];
      if (typeof address !== 'string' || typeof port !== 'number') return [];
      return [
        {
          chain: chain as SegmentationChain,
          address,
          protocol: String(protocol),
          port,
          age: Math.max(remembered - (elem?.expires ?? remembered), 0),
        },
      ];
    });
  });
}

/** Packets that each chain has refused, or would have. */
export function refusalCounts(objects: readonly NftObject[]): Record<SegmentationChain, number> {
  const counts = { input: 0, output: 0, forward: 0 };
  for (const { counter } of objects)
    for (const chain of segmentationChains)
      if (counter?.['name'] === `denied_${chain}`) counts[chain] = Number(counter['packets']);
  return counts;
}
