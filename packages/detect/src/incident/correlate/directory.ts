/** Whose an address or a security identifier is, learnt from what events themselves say. */
import { type Event, type Finding, valueAt } from '@redoubt/model';
import { addressOf, hostOf } from './address.ts';
import { identityOf } from './identity.ts';
import type { Key } from './keys.ts';

/** Names for what logs know by numbers only. */
export interface Names {
  /** Hosts that an address was seen to belong to, in the order of their names; none when that is not known. */
  hostsOf(address: string): readonly string[];
  /** The account of a security identifier (`S-1-5-21-…`), as it was written; undefined when not known. */
  accountOf(sid: string): string | undefined;
}

/** Something newly learnt: who has one of the keys has the new one too. */
export interface Learnt {
  readonly holders: readonly string[];
  readonly key: Key;
}

/** Addresses, and accounts, that are remembered; beyond that nothing more is learnt. */
const entryLimit = 20_000;
/** Names remembered of one address: networks give addresses to one host after another. */
const namesOfOne = 4;

/** Learns names and tells them. */
export class Directory implements Names {
  readonly #hosts = new Map<string, string[]>();
  readonly #accounts = new Map<string, string>();

  /** Takes over what is known from elsewhere: addresses by the name of their host. */
  constructor(known: ReadonlyMap<string, readonly string[]> = new Map()) {
    for (const [host, addresses] of known) for (const address of addresses) this.#host(address, host);
  }

  hostsOf(address: string): readonly string[] {
    return this.#hosts.get(address) ?? [];
  }

  accountOf(sid: string): string | undefined {
    return this.#accounts.get(sid.toLowerCase());
  }

  /** Learns from the events of a finding. */
  learn({ evidences }: Finding): Learnt[] {
    return evidences.flatMap(({ event }) => this.#fromEvent(event));
  }

  /** Learns from an event that no rule needs to find remarkable. */
  observe(event: Event): Learnt[] {
    return this.#fromEvent(event);
  }

  /**
   * The addresses of the device itself; and of a log-on that succeeded, the name that the client gave and the
   * account of an identifier. What stands in a failed one is whatever a stranger wrote.
   */
  #fromEvent(event: unknown): Learnt[] {
    const learnt: Learnt[] = [];
    const device = first(event, 'device.hostname');
    for (const path of ['device.ip', 'unmapped.host.ip', 'unmapped.host_ip']) {
      for (const address of all(event, path)) learnt.push(...this.#host(address, device));
    }
    const kind = first(event, 'metadata.event_code');
    if (kind?.startsWith('auth.') && valueAt(event, 'status_id') === 1) {
      if (kind === 'auth.logon')
        learnt.push(...this.#host(first(event, 'src_endpoint.ip'), first(event, 'src_endpoint.hostname')));
      learnt.push(...this.#account(first(event, 'user.uid'), first(event, 'user.name')));
    }
    return learnt;
  }

  #host(text: string | undefined, name: string | undefined): Learnt[] {
    const address = addressOf(text);
    const host = hostOf(name);
    if (address === undefined || host === undefined || host === address) return [];
    const hosts = this.#hosts.get(address) ?? [];
    if (hosts.includes(host) || hosts.length >= namesOfOne) return [];
    if (hosts.length === 0 && this.#hosts.size >= entryLimit) return [];
    this.#hosts.set(address, [...hosts, host].sort());
    const holders = [`address|${address}`, `place|host|${address}`];
    return [{ holders, key: { family: 'place', text: `place|host|${host}` } }];
  }

  #account(sid: string | undefined, name: string | undefined): Learnt[] {
    const identity = identityOf(name);
    if (sid === undefined || name === undefined || identity === undefined) return [];
    const key = sid.toLowerCase();
    // Identifiers of a domain or a machine; the others are the same everywhere.
    if (!key.startsWith('s-1-5-21-') || this.#accounts.has(key) || this.#accounts.size >= entryLimit)
      return [];
    this.#accounts.set(key, name);
    return [{ holders: [`identity|${key}`], key: { family: 'identity', text: `identity|${identity.name}` } }];
  }
}

function all(data: unknown, path: string): string[] {
  const value = valueAt(data, path);
  return (Array.isArray(value) ? value : [value]).filter(one => typeof one === 'string').slice(0, 64);
}

function first(data: unknown, path: string): string | undefined {
  return all(data, path)[0];
}
