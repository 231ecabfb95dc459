/**
 * Bans in the packet filter: a table of our own with sets whose elements time out by themselves. Should Redoubt end,
 * bans end in their time without it.
 */

import { parseNetwork } from '../../address/address.ts';
import { addressSets, elementLines, type PacketFilter, type TimedAddress } from '../../nftables/index.ts';
import type { Ban } from '../decision/ban.ts';

/** Name of the table. */
export const tableName = 'redoubt_bans';

/** Before all ordinary filters, after connection tracking. */
const priority = -200;

/** More bans than these come from a list or a restart and are only added. */
const renewedAtOnce = 1_000;

/** Seconds that an element's time-out has at the most: ten years; nft refuses numbers that are too large. */
const longest = 315_360_000;

/** Where it drops: what is for this host, and what goes through it, to containers and guests. */
const hooks = ['input', 'forward'] as const;

/** The table of one network namespace. Calls are carried out one after the other, each as one transaction. */
export class BanTable {
  readonly #filter: PacketFilter;
  #scopes = new Map<string, readonly number[] | undefined>();
  #work: Promise<unknown> = Promise.resolve();
  #networks = new Map<string, Ban>();

  constructor(filter: PacketFilter) {
    this.#filter = filter;
  }

  /** Makes the table anew with these bans. @param ports lists of ports that jails close, beside those of the bans */
  build(bans: readonly Ban[], ports: readonly (readonly number[] | undefined)[], now: number): Promise<void> {
    return this.#next(async () => {
      this.#scopes = new Map(
        [undefined, ...ports, ...bans.map(ban => ban.ports)].map(one => [scopeOf(one), one]),
      );
      this.#networks = new Map(bans.filter(isNetwork).map(ban => [ban.subject, ban]));
      await this.#run([
        `add table inet ${tableName}`,
        `delete table inet ${tableName}`,
        this.#script(),
        ...this.#hostLines(bans, now),
        ...this.#networkLines(now),
      ]);
    });
  }

  /** Adds bans; one that is there is renewed. */
  add(bans: readonly Ban[], now: number): Promise<void> {
    return this.#next(async () => {
      const strange = bans.find(({ ports }) => !this.#scopes.has(scopeOf(ports)));
      if (strange !== undefined) throw new Error(`no set for ports ${strange.ports?.join(', ') ?? 'all'}`);
      const networks = bans.filter(isNetwork);
      for (const ban of networks) this.#networks.set(ban.subject, ban);
      const lines = this.#hostLines(bans, now);
      await this.#run(networks.length > 0 ? [...lines, ...this.#networkLines(now)] : lines);
    });
  }

  /** Whether a list of ports has a set. */
  knows(ports: readonly number[] | undefined): boolean {
    return this.#scopes.has(scopeOf(ports));
  }

  /** Takes bans out. */
  remove(bans: readonly Ban[], now: number): Promise<void> {
    return this.#next(async () => {
      const lines = [...byScope(bans.filter(ban => !isNetwork(ban)))].flatMap(([scope, some]) => {
        const hosts = some.map(({ subject }) => ({ address: hostOf(subject) }));
        // Adding first makes the removal of what has timed out meanwhile succeed.
        return (['add', 'delete'] as const).flatMap(verb =>
          elementLines(verb, tableName, `${scope}_hosts`, hosts),
        );
      });
      let changed = false;
      for (const { subject } of bans) changed = this.#networks.delete(subject) || changed;
      await this.#run(changed ? [...lines, ...this.#networkLines(now)] : lines);
    });
  }

  /** Whether table, chains and rules are there. @throws Error naming what is not */
  check(): Promise<void> {
    return this.#next(async () => {
      const objects = (await this.#filter.outline(tableName)) ?? [];
      for (const hook of hooks) {
        const rules = objects.filter(({ rule }) => rule?.['chain'] === hook).length;
        if (rules !== this.#scopes.size * 4)
          throw new Error(
            `chain ${hook} of ${tableName} has ${rules} rules instead of ${this.#scopes.size * 4}`,
          );
      }
    });
  }

  /** Removes the table. */
  drop(): Promise<void> {
    return this.#next(() => this.#filter.drop(tableName));
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  #script(): string {
    const scopes = [...this.#scopes];
    const sets = scopes.map(
      ([scope]) => `${addressSets(`${scope}_nets`)}
      set ${scope}_hosts4 { type ipv4_addr; flags timeout; }
      set ${scope}_hosts6 { type ipv6_addr; flags timeout; }`,
    );
    const rules = (counter: string): string =>
      scopes
        .flatMap(([scope, ports]) => {
          const rest = `${ports === undefined ? '' : `tcp dport { ${ports.join(', ')} } `}counter name ${counter} drop`;
          return [
            `ip saddr @${scope}_hosts4 ${rest}`,
            `ip saddr @${scope}_nets4 ${rest}`,
            // Hosts of IPv6 are /64 networks.
            `ip6 saddr & ffff:ffff:ffff:ffff:: @${scope}_hosts6 ${rest}`,
            `ip6 saddr @${scope}_nets6 ${rest}`,
          ];
        })
        .join('\n');
    const chain = (hook: string): string =>
      `counter dropped_${hook} { }
      chain ${hook} {
        type filter hook ${hook} priority ${priority}; policy accept;
        ${rules(`dropped_${hook}`)}
      }`;
    return `table inet ${tableName} {\n${sets.join('\n')}\n${hooks.map(chain).join('\n')}\n}\n`;
  }

  async #run(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#filter.run(`${lines.join('\n')}\n`);
  }

  #hostLines(bans: readonly Ban[], now: number): string[] {
    const hosts = bans.filter(ban => !isNetwork(ban) && leftOf(ban, now) !== 0);
    return [...byScope(hosts)].flatMap(([scope, some]) => {
      const elements = some.map(ban => timed(hostOf(ban.subject), ban, now));
      const lines = (verb: 'add' | 'delete', all: readonly TimedAddress[]): string[] =>
        elementLines(verb, tableName, `${scope}_hosts`, all);
      if (some.length > renewedAtOnce) return lines('add', elements);
      // Adding what is in a set already does not change its time-out, and removing what is not in it fails.
      const bare = elements.map(({ address }) => ({ address }));
      return [...lines('add', bare), ...lines('delete', bare), ...lines('add', elements)];
    });
  }

  /** Networks are few: their sets are filled anew with each change, without those that lie in another one. */
  #networkLines(now: number): string[] {
    const flush = [...this.#scopes.keys()].flatMap(scope =>
      [4, 6].map(family => `flush set inet ${tableName} ${scope}_nets${family}`),
    );
    const bans = [...this.#networks.values()].filter(ban => leftOf(ban, now) !== 0);
    const lines = [...byScope(bans)].flatMap(([scope, some]) =>
      elementLines(
        'add',
        tableName,
        `${scope}_nets`,
        outermost(some).map(ban => timed(ban.subject, ban, now)),
      ),
    );
    return [...flush, ...lines];
  }
}

function byScope(bans: readonly Ban[]): Map<string, Ban[]> {
  return Map.groupBy(bans, ({ ports }) => scopeOf(ports));
}

function scopeOf(ports: readonly number[] | undefined): string {
  return ports === undefined ? 'all' : `tcp_${ports.join('_')}`;
}

/** Whether a ban needs the interval tree: neither an IPv4 address nor a /64. */
function isNetwork({ subject }: Ban): boolean {
  return subject.includes(':') ? !subject.endsWith('/64') : subject.includes('/');
}

function hostOf(subject: string): string {
  return subject.replace(/\/64$/, '');
}

/** Seconds that are left; 0 when it is over, undefined for ever. */
function leftOf({ until }: Ban, now: number): number | undefined {
  return until === undefined ? undefined : Math.min(Math.max(Math.ceil((until - now) / 1000), 0), longest);
}

function timed(address: string, ban: Ban, now: number): TimedAddress {
  const seconds = leftOf(ban, now);
  return seconds === undefined ? { address } : { address, seconds };
}

/** Those that lie in no other one: an interval set holds no overlaps. The others follow when the outer one is over. */
function outermost(bans: readonly Ban[]): Ban[] {
  const ranges = bans
    .map(ban => ({ ban, network: parseNetwork(ban.subject) }))
    .filter(one => one.network !== undefined)
    .sort((a, b) => {
      const [x, y] = [a.network?.first ?? 0n, b.network?.first ?? 0n];
      return x < y ? -1 : x > y ? 1 : (a.network?.prefix ?? 0) - (b.network?.prefix ?? 0);
    });
  const kept: Ban[] = [];
  const ends = { 4: -1n, 6: -1n };
  for (const { ban, network } of ranges) {
    if (network === undefined || network.last <= ends[network.family]) continue;
    ends[network.family] = network.last;
    kept.push(ban);
  }
  return kept;
}
