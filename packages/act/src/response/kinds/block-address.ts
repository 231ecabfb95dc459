/**
 * Blocks one address or network, in and out and through. Hosts and networks stand in sets of their own, so that
 * taking a host back never opens a hole in a network that is blocked as well.
 */

import type { Bilingual } from '@redoubt/model';
import { type Network, parseNetwork } from '../../address/address.ts';
import { AllowList } from '../../address/allow-list.ts';
import { sessionAddresses } from '../../address/sessions.ts';
import type { PacketFilter, TableName } from '../../nftables/index.ts';
import { ActionError, type ActionKind, notInForce } from '../action.ts';
import { Lanes } from '../lanes.ts';
import { TargetReader } from '../target.ts';

export interface BlockTarget {
  readonly address: string;
}

/** What blocking needs of the system. */
export interface BlockParts {
  readonly filter: PacketFilter;
  /** Why a network must not be blocked: the same that bans spare, and whatever else the caller knows. */
  readonly objection?: (network: Network) => Bilingual | undefined;
}

const table: TableName = 'redoubt_blocked';
const spared = new AllowList({ networks: [], sessions: sessionAddresses });

/** The kind `block-address`. */
export function blockAddress(parts: BlockParts): ActionKind<BlockTarget, object> {
  const { filter, objection = (network: Network) => spared.objection(network) } = parts;
  const lanes = new Lanes();
  const element = (verb: 'add' | 'delete', { address }: BlockTarget): string =>
    `${verb} element inet ${table} ${setOf(address)} { ${address} }\n`;
  const stands = async ({ address }: BlockTarget): Promise<boolean> => {
    const found = await filter.table(table);
    const set = found?.find(object => object['set']?.['name'] === setOf(address))?.['set'];
    return ((set?.['elem'] ?? []) as unknown[]).some(item => plainOf(item) === address);
  };
  const isEmpty = async (): Promise<boolean> => {
    const found = await filter.table(table);
    return found?.every(object => ((object['set']?.['elem'] ?? []) as unknown[]).length === 0) ?? false;
  };
  return {
    name: 'block-address',
    title: { en: 'Block an address', zh: '封禁地址' },
    describe: { en: 'address: an IPv4 or IPv6 address or network', zh: 'address：IPv4 或 IPv6 地址或网段' },
    afterCrash: 'undo',
    lasting: true,
    parse(given) {
      const target = new TargetReader(given, ['address']);
      const text = target.text('address', 60);
      const network = parseNetwork(text);
      if (network === undefined) return target.fail('address', `is no address: ${text}`, `不是地址：${text}`);
      return { address: network.text };
    },
    key: ({ address }) => address,
    text: ({ address }) => ({ en: `block ${address}`, zh: `封禁 ${address}` }),
    async plan({ address }) {
      const network = parseNetwork(address);
      const why = network === undefined ? undefined : objection(network);
      if (why !== undefined) throw new ActionError('refused', why);
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
        // The last one takes the table with it.
        if (await isEmpty()) await filter.drop(table);
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
  return `${address.includes('/') ? 'networks' : 'hosts'}${address.includes(':') ? 6 : 4}`;
}

/** An element as nft's JSON tells it: a text, or `{"prefix": {"addr", "len"}}`. */
function plainOf(item: unknown): string {
  if (typeof item === 'string') return item;
  const { prefix } = item as { prefix?: { addr?: string; len?: number } };
  return `${prefix?.addr}/${prefix?.len}`;
}
