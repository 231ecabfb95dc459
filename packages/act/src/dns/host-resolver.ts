/**
 * Telling this host to ask the firewall first, with the way back. The resolvers that stood before stay in the file
 * behind ours: where ours is gone, its loopback port refuses at once and the next one is asked.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readSmallFile, replaceFile } from '@redoubt/store/durable';

/** Where things lie; tests use a folder of their own. */
export interface HostResolverPlaces {
  readonly resolvConf: string;
  /** Where the former content is kept. */
  readonly former: string;
  /** Drop-in of systemd-resolved. */
  readonly dropIn: string;
  /** Has systemd-resolved read its settings anew. */
  readonly reload: () => Promise<void>;
}

const marker =
  '# Written by Redoubt: the DNS firewall is asked first. The former content is restored when it ends.';
const sizeLimit = 65_536;
/** The C library reads no more. */
const serversRead = 3;

/** The usual places. */
export function hostResolverPlaces(stateDirectory: string): HostResolverPlaces {
  return {
    resolvConf: '/etc/resolv.conf',
    former: join(stateDirectory, 'dns-former-resolv.conf'),
    dropIn: '/etc/systemd/resolved.conf.d/redoubt.conf',
    reload: async () => {
      await promisify(execFile)('systemctl', ['reload-or-restart', 'systemd-resolved'], { timeout: 20_000 });
    },
  };
}

/** Addresses of `nameserver` lines. */
export function serversOf(text: string): string[] {
  return Array.from(text.matchAll(/^\s*nameserver\s+(\S+)/gm), ([, address = '']) => address);
}

/** The content with our server first. `rotate` would ask the others as often as ours. */
export function pointedContent(former: string, address: string): string {
  const lines = former.split('\n').filter(line => !/^\s*nameserver\s/.test(line) && line !== marker);
  const rest = lines
    .map(line => (/^\s*options\s/.test(line) ? line.replace(/\srotate\b/, '') : line))
    .join('\n')
    .trim();
  const servers = [address, ...serversOf(former).filter(one => one !== address)].slice(0, serversRead);
  return `${marker}\n${rest === '' ? '' : `${rest}\n`}${servers.map(one => `nameserver ${one}\n`).join('')}`;
}

/** The settings of resolution on this host. */
export class HostResolver {
  readonly #places: HostResolverPlaces;

  constructor(places: HostResolverPlaces) {
    this.#places = places;
  }

  /** Whether systemd-resolved answers for this host. */
  get isManaged(): boolean {
    try {
      return realpathSync(this.#places.resolvConf).endsWith('/systemd/resolve/stub-resolv.conf');
    } catch {
      return false;
    }
  }

  /** The resolvers of this host without ours. */
  servers(): string[] {
    const behind = join(dirname(this.#realPath()), 'resolv.conf');
    const text =
      this.isManaged && existsSync(behind) ? readFileSync(behind, 'utf8') : (this.#former() ?? this.#now());
    return serversOf(text);
  }

  /** Whether this host asks `address` first. */
  isPointed(address: string): boolean {
    if (this.isManaged)
      return (readSmallFile(this.#places.dropIn, sizeLimit) ?? '').includes(`DNS=${address} `);
    const text = this.#now();
    return text.startsWith(marker) && serversOf(text)[0] === address;
  }

  /** Has this host ask `address` first. The former content is on disk before anything changes. @throws the system's error */
  async point(address: string): Promise<void> {
    if (this.isPointed(address)) return;
    if (this.isManaged) {
      const servers = this.servers();
      mkdirSync(dirname(this.#places.dropIn), { recursive: true });
      replaceFile(
        this.#places.dropIn,
        `${marker}\n[Resolve]\nDNS=${[address, ...servers].join(' ')} \nDomains=~.\n`,
        0o644,
      );
      await this.#places.reload();
      return;
    }
    const now = this.#now();
    const former = now.startsWith(marker) ? (this.#former() ?? now) : now;
    replaceFile(this.#places.former, former);
    this.#write(pointedContent(former, address));
  }

  /** Puts the former content back, unless somebody else has written since: then theirs stays. Safe to call twice. */
  async restore(): Promise<void> {
    const { former: path, dropIn } = this.#places;
    if (existsSync(dropIn) && (readSmallFile(dropIn, sizeLimit) ?? '').startsWith(marker)) {
      rmSync(dropIn);
      await this.#places.reload();
    }
    const former = this.#former();
    if (former === undefined) return;
    if (this.#now().startsWith(marker)) this.#write(former);
    rmSync(path, { force: true });
  }

  #realPath(): string {
    try {
      return realpathSync(this.#places.resolvConf);
    } catch {
      return this.#places.resolvConf;
    }
  }

  #now(): string {
    return readSmallFile(this.#realPath(), sizeLimit) ?? '';
  }

  #former(): string | undefined {
    return readSmallFile(this.#places.former, sizeLimit);
  }

  #write(content: string): void {
    const path = this.#realPath();
    try {
      replaceFile(path, content, 0o644);
    } catch (error) {
      // A container has the file bound in from outside; such a file cannot be replaced, only written.
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      writeFileSync(path, content);
      rmSync(`${path}.new`, { force: true });
    }
  }
}
