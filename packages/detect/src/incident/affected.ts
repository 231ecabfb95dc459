/** What and whom an incident touched. */
import type { Affected } from '@redoubt/model';
import { addressOf, hostOf } from './correlate/address.ts';
import type { Names } from './correlate/directory.ts';
import { identityOf } from './correlate/identity.ts';
import type { Member } from './member.ts';

/** Entries of each type. */
const entryLimit = 50;
const order: readonly Affected['type'][] = ['host', 'container', 'account', 'service', 'address'];

interface Entry {
  type: Affected['type'];
  name: string;
  privileged: boolean;
  findings: number;
}

/** Assets and accounts, each once whatever its spelling, those that most findings name first. */
export function affectedBy(members: readonly Member[], names: Names): Affected[] {
  const entries = new Map<string, Entry>();
  for (const member of members) {
    const named = new Set<string>();
    const add = (type: Affected['type'], key: string | undefined, name: string, privileged = false): void => {
      if (key === undefined || key === '') return;
      const id = `${type}|${key}`;
      const entry = entries.get(id) ?? { type, name, privileged: false, findings: 0 };
      entry.privileged ||= privileged;
      if (!named.has(id)) entry.findings++;
      named.add(id);
      entries.set(id, entry);
    };
    const { facts } = member;
    if (facts.hostname !== undefined) add('host', hostOf(facts.hostname), facts.hostname);
    if (facts.container !== undefined) add('container', facts.container, facts.container);
    for (const { name: written, privileged } of facts.accounts) {
      const name = names.accountOf(written) ?? written;
      const identity = identityOf(name);
      add(
        'account',
        identity?.name ?? name.toLowerCase(),
        identity === undefined ? name : displayed(name),
        privileged,
      );
    }
    const services = facts.kind === 'auth.service_ticket' ? [...facts.services, ...member.objects] : [];
    for (const service of services) add('service', service.toLowerCase(), service);
    for (const remote of facts.remotes) {
      const address = addressOf(remote.address);
      if (remote.hostname !== undefined) add('host', hostOf(remote.hostname), remote.hostname);
      for (const host of address === undefined ? [] : names.hostsOf(address)) add('host', host, host);
      if (address !== undefined) add('address', address, address);
    }
  }
  const byType = Map.groupBy(entries.values(), entry => entry.type);
  return order.flatMap(type =>
    (byType.get(type) ?? [])
      .sort((a, b) => b.findings - a.findings || compare(a.name, b.name))
      .slice(0, entryLimit)
      .map(({ name, privileged, findings }) => ({
        type,
        name,
        findings,
        ...(privileged ? { privileged } : {}),
      })),
  );
}

/** An account without its realm, but with its case: `CORP\Alice` → `Alice`. */
function displayed(account: string): string {
  return account.slice(account.lastIndexOf('\\') + 1).split('@', 1)[0] ?? account;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
