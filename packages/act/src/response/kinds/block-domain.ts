/** Blocks a name and everything below it, by the DNS firewall of this host. */
import { listName } from '../../dns/list-file.ts';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { TargetReader } from '../target.ts';

export interface DomainTarget {
  readonly domain: string;
}

/** What the DNS firewall does for this kind. */
export interface NameBlocker {
  /** Whether it answers on this host. */
  readonly isEnforcing: boolean;
  /** Blocks a name beside its lists, from now on and whenever it starts anew; twice is once. */
  block(name: string): Promise<void>;
  unblock(name: string): Promise<void>;
  /** Of these names, those that are blocked. */
  judge(names: readonly string[]): Promise<readonly { readonly name: string }[]>;
}

/** The kind `block-domain`. @param blocker undefined where there is no DNS firewall */
export function blockDomain(blocker: () => NameBlocker | undefined): ActionKind<DomainTarget, object> {
  const enforcing = (): NameBlocker => {
    const found = blocker();
    if (found?.isEnforcing === true) return found;
    throw refused(
      'the DNS firewall does not enforce here; first: redoubt protect set dns enforce',
      'DNS 防火墙未在本机强制；请先执行：redoubt protect set dns enforce',
    );
  };
  const isBlocked = async (domain: string): Promise<boolean> =>
    (await blocker()?.judge([domain]))?.some(({ name }) => name === domain) ?? false;
  return {
    name: 'block-domain',
    title: { en: 'Block a domain', zh: '阻断域名' },
    describe: { en: 'domain: a name, with everything below it', zh: 'domain：域名，含其下所有名称' },
    afterCrash: 'undo',
    lasting: true,
    parse(given) {
      const target = new TargetReader(given, ['domain']);
      const text = target.text('domain', 260);
      const domain = listName(text);
      if (domain?.includes('.') !== true)
        return target.fail(
          'domain',
          `must be a domain such as bad.example, not ${text}`,
          `应为 bad.example 这样的域名，而不是 ${text}`,
        );
      return { domain };
    },
    key: ({ domain }) => domain,
    text: ({ domain }) => ({ en: `block the domain ${domain}`, zh: `阻断域名 ${domain}` }),
    async plan({ domain }) {
      enforcing();
      if (await isBlocked(domain)) throw refused(`${domain} is blocked already`, `${domain} 已被阻断`);
      return {
        does: [
          {
            en: `the DNS firewall does not resolve ${domain} and what is below it any more`,
            zh: `DNS 防火墙不再解析 ${domain} 及其下的名称`,
          },
        ],
        leaves: [
          {
            en: 'connections that stand, programs that know the address or ask other resolvers, other hosts',
            zh: '已建立的连接、已知其地址或使用其他解析器的程序，以及其他主机',
          },
          {
            en: 'while the DNS firewall is below enforce, the name is resolved',
            zh: 'DNS 防火墙低于 enforce 阶段期间，该名称仍会被解析',
          },
        ],
        undo: { en: `${domain} is resolved again`, zh: `恢复解析 ${domain}` },
      };
    },
    prepare: async () => ({}),
    apply: async ({ domain }) => blocker()?.block(domain),
    async verify({ domain }) {
      if (!enforcing() || !(await isBlocked(domain)))
        throw notInForce(
          `${domain} is still resolved; is it allowed in the settings of the DNS firewall?`,
          `${domain} 仍被解析；是否在 DNS 防火墙设置中被允许？`,
        );
    },
    undo: async ({ domain }) => blocker()?.unblock(domain),
  };
}
