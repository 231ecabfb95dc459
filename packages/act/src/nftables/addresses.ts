/** Sets of addresses with time-outs, in a table of ours. */
import { isIP } from 'node:net';
import { NftError, type TableName } from './nft.ts';

/** An address or network, and for how long. */
export interface TimedAddress {
  /** IPv4 or IPv6, with an optional prefix length: `192.0.2.7`, `2001:db8::/32`. */
  readonly address: string;
  /** Seconds from now; undefined for ever. */
  readonly seconds?: number;
}

/** Elements on one line of a script: kernel messages of more are refused by some. */
const lineSize = 20_000;

/** Declares a set for each of the two families, `NAME4` and `NAME6`; to stand in the script that makes the table. */
export function addressSets(name: string): string {
  return ['4', '6']
    .map(family => `set ${name}${family} { type ipv${family}_addr; flags interval, timeout; }`)
    .join('\n');
}

/**
 * Lines of a script that put addresses into the sets `NAME4` and `NAME6` of a table, or take them out.
 * @throws NftError naming what is no address
 */
export function elementLines(
  verb: 'add' | 'delete',
  table: TableName,
  name: string,
  addresses: readonly TimedAddress[],
): string[] {
  const families = { 4: [] as string[], 6: [] as string[] };
  for (const { address, seconds } of addresses)
    families[familyOf(address)].push(
      verb === 'add' && seconds !== undefined
        ? `${address} timeout ${Math.max(1, Math.ceil(seconds))}s`
        : address,
    );
  return ([4, 6] as const).flatMap(family => {
    const all = families[family];
    return Array.from({ length: Math.ceil(all.length / lineSize) }, (_, at) => {
      const some = all.slice(at * lineSize, (at + 1) * lineSize);
      return `${verb} element inet ${table} ${name}${family} { ${some.join(', ')} }`;
    });
  });
}

/** 4 or 6. What is no address never reaches a script. @throws NftError */
export function familyOf(address: string): 4 | 6 {
  const [host = '', prefix, ...more] = address.split('/');
  const family = isIP(host);
  const most = family === 4 ? 32 : 128;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= most);
  if (family === 0 || !isPrefix || more.length > 0 || host.includes('%')) {
    throw new NftError('refused', {
      en: `"${address.slice(0, 100)}" is no address`,
      zh: `“${address.slice(0, 100)}”不是地址`,
    });
  }
  return family as 4 | 6;
}
