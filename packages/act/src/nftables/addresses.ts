/** Sets of addresses with time-outs, in a table of ours. */
import { isIP } from 'node:net';
import { NftError, type PacketFilter, type TableName } from './nft.ts';

/** An address or network, and for how long. */
export interface TimedAddress {
  /** IPv4 or IPv6, with an optional prefix length: `192.0.2.7`, `2001:db8::/32`. */
  readonly address: string;
  /** Seconds from now; undefined for ever. */
  readonly seconds?: number;
}

/** Elements that go into one transaction: more make a message larger than netlink's buffers like. */
const batchSize = 20_000;

/** A set for each of the two families, `NAME4` and `NAME6`, whose names both stand in the rules of the table. */
export class AddressSet {
  readonly #filter: PacketFilter;
  readonly #table: TableName;
  readonly #name: string;

  constructor(filter: PacketFilter, table: TableName, name: string) {
    this.#filter = filter;
    this.#table = table;
    this.#name = name;
  }

  /** Declares both sets; to stand in the script that makes the table. Networks that overlap are merged. */
  static declaration(name: string): string {
    return ['4', '6']
      .map(family => `set ${name}${family} { type ipv${family}_addr; flags interval, timeout; auto-merge; }`)
      .join('\n');
  }

  /** Adds addresses, all of a batch at once. @throws NftError naming what is no address */
  async add(addresses: readonly TimedAddress[]): Promise<void> {
    await this.#change('add', addresses);
  }

  /** Takes addresses out; those that are not in are no error. */
  async remove(addresses: readonly TimedAddress[]): Promise<void> {
    // Adding first makes the removal of what has timed out meanwhile succeed.
    await this.#change('add', addresses);
    await this.#change('delete', addresses);
  }

  async #change(verb: 'add' | 'delete', addresses: readonly TimedAddress[]): Promise<void> {
    for (let from = 0; from < addresses.length; from += batchSize) {
      const batch = addresses.slice(from, from + batchSize);
      const lines = [4, 6].flatMap(family => {
        const elements = batch
          .filter(({ address }) => familyOf(address) === family)
          .map(({ address, seconds }) =>
            verb === 'add' && seconds !== undefined
              ? `${address} timeout ${Math.max(1, Math.ceil(seconds))}s`
              : address,
          );
        if (elements.length === 0) return [];
        return [`${verb} element inet ${this.#table} ${this.#name}${family} { ${elements.join(', ')} }`];
      });
      if (lines.length > 0) await this.#filter.run(`${lines.join('\n')}\n`);
    }
  }
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
