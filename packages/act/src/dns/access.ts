/** Who may ask, and how much: this host and its own networks; strangers are refused. */
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Networks such as `10.0.0.0/8`. @throws Error naming the one that is none */
export function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    const prefix = bits === undefined ? most : Number(bits);
    if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > most)
      throw new Error(`no network: ${text}`);
    list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Loopback, and the networks of this host's interfaces. */
export function ownNetworks(): string[] {
  const found = Object.values(networkInterfaces()).flatMap(all => (all ?? []).map(({ cidr }) => cidr));
  return ['127.0.0.0/8', '::1/128', ...found.filter(cidr => cidr !== null)];
}

/** Askers that are followed; beyond them the one that asked longest ago begins anew. */
const askersKept = 10_000;

/** So many queries a second from one address, and as many at once. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #askers = new Map<string, { left: number; at: number }>();
  limited = 0;

  /** @param perSecond 0 for no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @param now milliseconds */
  allows(address: string, now: number): boolean {
    if (this.#perSecond === 0) return true;
    const asker = this.#askers.get(address);
    const left =
      asker === undefined
        ? this.#perSecond
        : Math.min(asker.left + ((now - asker.at) / 1000) * this.#perSecond, this.#perSecond);
    this.#askers.delete(address);
    const [oldest] = this.#askers.keys();
    if (this.#askers.size >= askersKept && oldest !== undefined) this.#askers.delete(oldest);
    this.#askers.set(address, { left: Math.max(left - 1, 0), at: now });
    if (left >= 1) return true;
    this.limited++;
    return false;
  }
}
