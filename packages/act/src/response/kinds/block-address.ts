/**
 * Blocks one address or network, in and out and through. Hosts and networks stand in sets of their own, so that
 * taking a host back never opens a hole in a network that is blocked as well.
 */

import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { familyOf, type PacketFilter, type TableName } from '../../nftables/index.ts';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { Lanes } from '../lanes.ts';
import { resolversOf } from '../reach.ts';
import { TargetReader } from '../target.ts';

export interface BlockTarget {
  readonly address: string;
}

/** What blocking needs of the system. */
export interface BlockParts {
  readonly filter: PacketFilter;
  /** Addresses that must never be blocked: this host's own, resolvers, whoever administers it. */
  readonly kept?: () => readonly string[];
}

const table: TableName = 'redoubt_blocked';
/** Shorter prefixes would block a part of the internet by a slip of the pen. */
const shortest = { 4: 8, 6: 24 } as const;

/** The kind `block-address`. */
export function blockAddress({ filter, kept = keptAddresses }: BlockParts): ActionKind<BlockTarget, object> {
  const lanes = new Lanes();
  const element = (verb: 'add' | 'delete', { address }: BlockTarget): string =>
    `${verb} element inet ${table} ${setOf(address)} { ${address} }\n`;
  const stands = async ({ address }: BlockTarget): Promise<boolean> => {
    const found = await filter.table(table);
    const set = found?.find(object => object['set']?.['name'] === setOf(address))?.['set'];
    return ((set?.['elem'] ?? []) as unknown[]).some(item => plainOf(item) === address);
  };
  return {
    name: 'block-address',
    title: { en: 'Block an address', zh: '封禁地址' },
    describe: { en: 'address: an IPv4 or IPv6 address or network', zh: 'address：IPv4 或 IPv6 地址或网段' },
    afterCrash: 'undo',
    lasting: true,
    parse(given) {
      const target = new TargetReader(given, ['address']);
      return { address: canonical(target.text('address', 60), target) };
    },
    key: ({ address }) => address,
    text: ({ address }) => ({ en: `block ${address}`, zh: `封禁 ${address}` }),
    async plan({ address }) {
      const list = new BlockList();
      const [host = '', prefix] = address.split('/');
      const family = familyOf(address);
      list.addSubnet(host, Number(prefix ?? (family === 4 ? 32 : 128)), `ipv${family}`);
      const hit = kept().find(one => list.check(one, `ipv${familyOf(one)}`));
      if (hit !== undefined)
        throw refused(
          `${address} is not blocked: ${hit} is this host, its resolver, or somebody who administers it`,
          `不封禁 ${address}：${hit} 是本机、其域名解析器或正在管理本机的地址`,
        );
      return {
        does: [
          {
            en: `packets from and to ${address} are dropped, also those of connections that stand and of containers`,
            zh: `丢弃与 ${address} 往来的数据包，含已建立的连接和容器的流量`,
          },
        ],
        leaves: [{ en: 'everything else', zh: '其余流量不受影响' }],
        undo: { en: `${address} is taken out of the set`, zh: `将 ${address} 移出集合` },
      };
    },
    prepare: async () => ({}),
    async apply(target) {
      await lanes.in(table, async () => {
        if ((await filter.table(table)) === undefined) await filter.run(tableScript);
        await filter.run(element('add', target));
      });
    },
    async verify(target) {
      const { address } = target;
      if (!(await stands(target)))
        throw notInForce(
          `${address} is not in the set of the packet filter`,
          `包过滤器的集合中没有 ${address}`,
        );
    },
    async undo(target) {
      await lanes.in(table, async () => {
        if (await stands(target)) await filter.run(element('delete', target));
      });
    },
  };
}

const tableScript = `table inet ${table} {
  set hosts4 { type ipv4_addr; }
  set hosts6 { type ipv6_addr; }
  set networks4 { type ipv4_addr; flags interval; }
  set networks6 { type ipv6_addr; flags interval; }
${['input', 'output', 'forward']
  .map(
    hook => `  chain ${hook} {
    type filter hook ${hook} priority -290; policy accept;
${['hosts', 'networks']
  .flatMap(set =>
    (hook === 'input' ? ['saddr'] : hook === 'output' ? ['daddr'] : ['saddr', 'daddr']).map(
      end => `    ip ${end} @${set}4 drop\n    ip6 ${end} @${set}6 drop`,
    ),
  )
  .join('\n')}
  }`,
  )
  .join('\n')}
}
`;

function setOf(address: string): string {
  return `${address.includes('/') ? 'networks' : 'hosts'}${familyOf(address)}`;
}

/** An element as nft's JSON tells it: a text, or `{"prefix": {"addr", "len"}}`. */
function plainOf(item: unknown): string {
  if (typeof item === 'string') return item;
  const { prefix } = item as { prefix?: { addr?: string; len?: number } };
  return `${prefix?.addr}/${prefix?.len}`;
}

/** The address as the kernel writes it, a network with the bits of its hosts at zero. */
function canonical(text: string, target: TargetReader): string {
  let family: 4 | 6 = 4;
  try {
    family = familyOf(text);
  } catch {
    target.fail('address', `is no address: ${text}`, `不是地址：${text}`);
  }
  const [host = '', prefix] = text.split('/');
  const most = family === 4 ? 32 : 128;
  const length = Number(prefix ?? most);
  if (length < shortest[family])
    target.fail('address', `is a network larger than /${shortest[family]}`, `网段大于 /${shortest[family]}`);
  const address = networkOf(host, length, family);
  return length === most ? address : `${address}/${length}`;
}

function networkOf(host: string, length: number, family: 4 | 6): string {
  if (family === 4) {
    const value = host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const low = 2 ** (32 - length);
    const base = Math.floor(value / low) * low;
    return [24, 16, 8, 0].map(shift => Math.floor(base / 2 ** shift) % 256).join('.');
  }
  const groups = groupsOf(new URL(`http://[${host}]/`).hostname.slice(1, -1)).map((group, at) => {
    const bits = Math.min(Math.max(length - at * 16, 0), 16);
    return group & (0xffff << (16 - bits)) & 0xffff;
  });
  return new URL(`http://[${groups.map(group => group.toString(16)).join(':')}]/`).hostname.slice(1, -1);
}

function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const parts = (text: string): number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16));
  if (tail === undefined) return parts(head);
  const [before, after] = [parts(head), parts(tail)];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** This host's own addresses, its resolvers, and loopback. */
export function keptAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({ address }) => address));
  return [...own, ...resolversOf(), '127.0.0.1', '::1', '0.0.0.0', '::'].map(one => one.replace(/%.*$/, ''));
}
