/**
 * Isolation: a host talks to its console and to nobody else. One table of ours whose chains stand before all others
 * (priority -300) and drop what is not named, in, out and through; an `accept` there only hands on to the rules of
 * others, which stay as they are (nft(8), "base chains").
 *
 * Connections that stand are cut as well: no rule lets packets pass because a connection was there before.
 *
 * The table drops only while the elements of its set `held` stand. They time out, and whoever sees the console answer
 * renews them: where nobody does any more, because the agent was killed or hangs, the kernel opens the host by itself.
 */
import { isIP } from 'node:net';
import type { Bilingual } from '@redoubt/model';
import { resolversOf } from '../../address/neighbours.ts';
import { familyOf, type PacketFilter, type TableName } from '../../nftables/index.ts';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { answers } from '../reach.ts';
import { TargetReader } from '../target.ts';

/** Where the console listens. */
export interface ConsoleAddress {
  readonly address: string;
  readonly port: number;
}

export interface IsolationTarget {
  readonly console: readonly ConsoleAddress[];
  /** Further addresses or networks that stay reachable: management stations, log servers. */
  readonly allow: readonly string[];
  /** Whether names can still be resolved. */
  readonly dns: boolean;
}

interface Prepared {
  readonly resolvers: readonly string[];
}

/** What an isolation needs of the system. */
export interface IsolationParts {
  readonly filter: PacketFilter;
  readonly reaches?: (address: string, port: number) => Promise<boolean>;
  readonly resolvers?: () => readonly string[];
  /** Seconds that the table drops after the console was last seen to answer; longer than the responder's patience. */
  readonly lease?: number;
}

const table: TableName = 'redoubt_isolation';
const chains = ['input', 'output', 'forward'];
const usualLease = 90;
/** Asked whether the console still answers where no port was given. */
const defaultPort = 22;

/** The kind `isolate-host`. */
export function isolateHost(parts: IsolationParts): ActionKind<IsolationTarget, Prepared> {
  const { filter, reaches = answers, resolvers = () => resolversOf(), lease = usualLease } = parts;
  let renewed = Number.NEGATIVE_INFINITY;
  const hold = async (target: IsolationTarget, prepared: Prepared): Promise<void> => {
    await filter.run(scriptOf(target, prepared.resolvers, lease));
    renewed = performance.now();
  };
  const isReached = async (console: readonly ConsoleAddress[]): Promise<boolean> => {
    const looks = await Promise.all(console.map(({ address, port }) => reaches(address, port)));
    return looks.includes(true);
  };
  return {
    name: 'isolate-host',
    title: { en: 'Isolate this host', zh: '隔离本机' },
    describe: {
      en: 'console: address or address:port, one or several; allow: further addresses or networks; dns: true or false',
      zh: 'console：控制端地址或“地址:端口”，可多个；allow：其他放行的地址或网段；dns：true 或 false',
    },
    afterCrash: 'undo',
    lasting: true,
    parse(given) {
      const target = new TargetReader(given, ['console', 'allow', 'dns']);
      const console = target.texts('console').map(text => consoleOf(target, text));
      if (console.length === 0)
        target.fail('console', 'must name an address that stays reachable', '必须指明保持可达的控制端地址');
      const allow = target.texts('allow');
      for (const one of allow)
        if (!isAddress(one)) target.fail('allow', `holds no address: ${one}`, `不是地址：${one}`);
      return { console, allow, dns: target.boolean('dns', true) };
    },
    key: () => 'host',
    text: ({ console }) => {
      const words = console.map(({ address }) => address).join(', ');
      return { en: `isolate this host, except for ${words}`, zh: `隔离本机，仅放行 ${words}` };
    },
    async plan(target) {
      return {
        does: [
          {
            en: 'everything else is dropped, in, out and through this host (containers), IPv4 and IPv6, connections that stand too',
            zh: '其余流量全部丢弃：入站、出站、转发（容器），IPv4 与 IPv6，含已建立的连接',
          },
        ],
        leaves: leavesOf(target, target.dns ? resolvers() : []),
        undo: {
          en: `the table redoubt_isolation is removed: by hand, when the time is over, or when the console does not answer for a minute; should the agent be dead, the kernel opens it after ${lease} seconds`,
          zh: `删除 redoubt_isolation 表：手动撤销、时限到期，或控制端一分钟无应答时自动撤销；若代理已停止，内核在 ${lease} 秒后自动放行`,
        },
      };
    },
    async prepare({ console, dns }) {
      if (!(await isReached(console))) {
        const names = console.map(({ address, port }) => `${address}:${port}`).join(', ');
        throw refused(
          `the console does not answer on ${names}; name a port that it listens at: ADDRESS:PORT`,
          `控制端在 ${names} 无应答；请指明其监听的端口：地址:端口`,
        );
      }
      return { resolvers: dns ? [...resolvers()] : [] };
    },
    apply: hold,
    async verify(target) {
      const found = (await filter.table(table)) ?? [];
      const dropping = found
        .filter(({ chain }) => chain?.['policy'] === 'drop')
        .map(({ chain }) => chain?.['hook']);
      const missing = chains.filter(name => !dropping.includes(name));
      if (missing.length > 0) {
        const names = missing.join(', ');
        throw notInForce(`the packet filter does not drop in ${names}`, `包过滤器未在 ${names} 丢弃流量`);
      }
      if (!found.some(({ set }) => set?.['name'] === 'held' && set['elem'] !== undefined))
        throw notInForce('the table has opened by itself', '该表已自动放行');
      if (!(await isReached(target.console)))
        throw notInForce('the console cannot be reached any more', '已无法连通控制端');
    },
    undo: () => filter.drop(table),
    async alive(target, prepared) {
      if (!(await isReached(target.console))) return false;
      // The whole table, so that one that somebody has flushed is there again.
      if (performance.now() - renewed > lease * 250) await hold(target, prepared);
      return true;
    },
  };
}

function consoleOf(target: TargetReader, text: string): ConsoleAddress {
  const [, bracketed, bare, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = isIP(text) !== 0 ? text : (bracketed ?? bare ?? '');
  const port = isIP(text) !== 0 || digits === undefined ? defaultPort : Number(digits);
  if (isIP(address) === 0 || address.includes('%') || port < 1 || port > 65_535)
    target.fail(
      'console',
      `must be an address or address:port, not ${text}`,
      `应为地址或“地址:端口”，而不是 ${text}`,
    );
  return { address, port };
}

function isAddress(text: string): boolean {
  try {
    familyOf(text);
    return true;
  } catch {
    return false;
  }
}

function leavesOf({ console, allow }: IsolationTarget, resolvers: readonly string[]): Bilingual[] {
  const peers = [...console.map(({ address }) => address), ...allow].join(', ');
  const names = resolvers.join(', ');
  return [
    { en: `open: ${peers}, both ways`, zh: `放行：${peers}（双向）` },
    ...(names === '' ? [] : [{ en: `open: DNS at ${names}`, zh: `放行：${names} 的 DNS` }]),
    {
      en: 'open: this host with itself, DHCP, IPv6 neighbour discovery',
      zh: '放行：本机回环、DHCP、IPv6 邻居发现',
    },
    {
      en: 'not reached: containers or virtual machines with network cards of their own, and programs with raw packet sockets',
      zh: '不覆盖：自带网卡的容器或虚拟机，以及使用原始数据包套接字的程序',
    },
  ];
}

function scriptOf({ console, allow }: IsolationTarget, resolvers: readonly string[], lease: number): string {
  const peers = [...console.map(({ address }) => address), ...allow];
  const both = (make: (family: 4 | 6, word: string) => string): string =>
    `${make(4, 'ip')}\n${make(6, 'ip6')}`;
  // In `output` and `prerouting` conntrack comes later (-200); `input` is after it, so that answers can be told there.
  return `add table inet ${table}
delete table inet ${table}
table inet ${table} {
${both(family => setOf(`peers${family}`, family, peers))}
${both(family => setOf(`resolvers${family}`, family, resolvers))}
  set held { type nf_proto; flags timeout; elements = { ipv4 timeout ${lease}s, ipv6 timeout ${lease}s } }
  chain input {
    type filter hook input priority -300; policy drop;
    meta nfproto != @held accept
    iif lo accept
${both((family, word) => `    ${word} saddr @peers${family} accept`)}
${both((family, word) => `    ${word} saddr @resolvers${family} meta l4proto { tcp, udp } th sport 53 ct state established accept`)}
    icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept
    meta nfproto ipv4 udp sport 67 udp dport 68 accept
    meta nfproto ipv6 udp sport 547 udp dport 546 accept
  }
  chain output {
    type filter hook output priority -300; policy drop;
    meta nfproto != @held accept
    oif lo accept
${both((family, word) => `    ${word} daddr @peers${family} accept`)}
${both((family, word) => `    ${word} daddr @resolvers${family} meta l4proto { tcp, udp } th dport 53 accept`)}
    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept
    meta nfproto ipv4 udp sport 68 udp dport 67 accept
    meta nfproto ipv6 udp sport 546 udp dport 547 accept
  }
  chain forward {
    type filter hook forward priority -300; policy drop;
    meta nfproto != @held accept
  }
}
`;
}

function setOf(name: string, family: 4 | 6, addresses: readonly string[]): string {
  const own = addresses.filter(address => familyOf(address) === family);
  const elements = own.length === 0 ? '' : ` elements = { ${own.join(', ')} }`;
  return `  set ${name} { type ipv${family}_addr; flags interval; auto-merge;${elements} }`;
}
