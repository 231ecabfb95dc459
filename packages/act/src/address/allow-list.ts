/** Addresses that are never banned or blocked, whatever logs or findings say. */
import { networkInterfaces } from 'node:os';
import type { Bilingual } from '@redoubt/model';
import { type Network, overlaps, parseNetwork } from './address.ts';
import { gatewaysOf, resolversOf } from './neighbours.ts';

/** Networks larger than these are never banned: such a ban is a mistake. */
const shortestPrefix = { 4: 16, 6: 48 } as const;

/** What is no single host on the network, or this host. RFC 6890; NAT64 (RFC 6052) stands for all of IPv4. */
const special: readonly (readonly [string, Bilingual])[] = [
  ['0.0.0.0/8', { en: '"this" network', zh: '“本”网络' }],
  ['127.0.0.0/8', { en: 'loopback', zh: '环回地址' }],
  ['224.0.0.0/3', { en: 'multicast or broadcast', zh: '组播或广播地址' }],
  ['::/64', { en: 'loopback', zh: '环回地址' }],
  ['64:ff9b::/96', { en: 'NAT64, which stands for all of IPv4', zh: 'NAT64 前缀，代表整个 IPv4' }],
  ['fe80::/10', { en: 'link-local', zh: '链路本地地址' }],
  ['ff00::/8', { en: 'multicast', zh: '组播地址' }],
];

/** Where the addresses come from that are never banned. */
export interface AllowSources {
  /** Networks that the operator names. @see parseNetwork */
  readonly networks: readonly string[];
  /** Addresses of people who are signed in. */
  readonly sessions: () => Iterable<string>;
  /** This host's own addresses; those of its interfaces when left out. */
  readonly own?: () => Iterable<string>;
  /** Routers and resolvers that this host needs; those of its routes and resolv.conf when left out. */
  readonly needed?: () => Iterable<string>;
}

/** Judges whether something may be banned. */
export class AllowList {
  readonly #networks: readonly Network[];
  readonly #sources: AllowSources;

  /** @throws TypeError naming what is no network */
  constructor(sources: AllowSources) {
    this.#sources = sources;
    this.#networks = sources.networks.map(text => {
      const network = parseNetwork(text);
      if (network === undefined) throw new TypeError(`"${text.slice(0, 100)}" is no address or network`);
      return network;
    });
  }

  /**
   * Why a network must not be banned; undefined when it may.
   * @param more networks that are left alone beside those of the list, as a jail ignores some
   */
  objection(network: Network, more: readonly Network[] = []): Bilingual | undefined {
    if (network.prefix < shortestPrefix[network.family]) {
      const least = shortestPrefix[network.family];
      return {
        en: `${network.text} is larger than /${least}; so large a network is never banned`,
        zh: `${network.text} 大于 /${least}；如此大的网络不会被封禁`,
      };
    }
    for (const [text, name] of specialNetworks)
      if (overlaps(text, network))
        return {
          en: `${network.text}: ${name.en} is never banned`,
          zh: `${network.text}：${name.zh}不会被封禁`,
        };
    if (this.#networks.some(one => overlaps(one, network)) || more.some(one => overlaps(one, network)))
      return { en: `${network.text} is on the allow-list`, zh: `${network.text} 在允许列表中` };
    if (holds(network, this.#sources.own?.() ?? ownAddresses()))
      return { en: `${network.text} is an address of this host`, zh: `${network.text} 是本机地址` };
    if (holds(network, this.#sources.needed?.() ?? neededAddresses()))
      return {
        en: `${network.text} is a router or resolver that this host needs`,
        zh: `${network.text} 是本机所需的网关或域名解析器`,
      };
    if (holds(network, this.#sources.sessions()))
      return {
        en: `somebody is signed in from ${network.text} at present`,
        zh: `当前有人从 ${network.text} 登录`,
      };
    return undefined;
  }
}

const specialNetworks = special.flatMap(([text, name]) => {
  const network = parseNetwork(text);
  return network === undefined ? [] : [[network, name] as const];
});

function holds(network: Network, addresses: Iterable<string>): boolean {
  for (const text of addresses) {
    const address = parseNetwork(text);
    if (address !== undefined && overlaps(address, network)) return true;
  }
  return false;
}

/** The addresses of this host's interfaces. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(all => (all ?? []).map(({ address }) => address));
}

/** How long an answer holds, milliseconds: a list may hold 100,000 addresses. */
const answerHolds = 5_000;
let known: { readonly time: number; readonly addresses: readonly string[] } | undefined;

function neededAddresses(now = performance.now()): readonly string[] {
  if (known === undefined || now - known.time > answerHolds)
    known = { time: now, addresses: [...gatewaysOf(), ...resolversOf()] };
  return known.addresses;
}
