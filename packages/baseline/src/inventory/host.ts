/** What collectors look at: the files of a root, its accounts, and which package owns what. */
import { DpkgOwners, PackageOwners } from '@redoubt/observe';
import type { CollectOptions } from '../collector.ts';
import { type Account, type Group, parseGroup, parsePasswd } from './accounts/files.ts';
import { joined, type OnTrouble, RootFiles } from './root-files.ts';

/** Homes of this many accounts are looked at. */
const mostHomes = 10_000;

/** A root as the collectors see it. Made anew for each collection. */
export class Host {
  readonly files: RootFiles;
  readonly accounts: readonly Account[];
  readonly groups: readonly Group[];
  readonly onTrouble: OnTrouble;
  readonly signal: AbortSignal | undefined;
  readonly #owner: (path: string) => Promise<{ readonly name: string } | undefined>;
  readonly #users = new Map<number, string>();
  readonly #groupNames = new Map<number, string>();
  readonly #owned = new Map<string, Promise<string | null>>();

  constructor({ root, onTrouble = () => undefined, signal }: CollectOptions) {
    this.files = new RootFiles(root, onTrouble);
    this.onTrouble = onTrouble;
    this.signal = signal;
    this.accounts = parsePasswd(this.files.text('/etc/passwd') ?? '');
    this.groups = parseGroup(this.files.text('/etc/group') ?? '');
    for (const { uid, name } of this.accounts) if (!this.#users.has(uid)) this.#users.set(uid, name);
    for (const { gid, name } of this.groups) if (!this.#groupNames.has(gid)) this.#groupNames.set(gid, name);
    this.#owner = ownersOf(this.files);
  }

  /** Whether this is the running system and no image. */
  get isLive(): boolean {
    return this.files.root === '/';
  }

  /** Name of a user id, or the number where it has none. */
  userName(uid: number): string {
    return this.#users.get(uid) ?? String(uid);
  }

  /** Name of a group id, or the number where it has none. */
  groupName(gid: number): string {
    return this.#groupNames.get(gid) ?? String(gid);
  }

  /** The package that owns a path; `null` when none does. */
  packageOf(path: string): Promise<string | null> {
    const known = this.#owned.get(path);
    if (known !== undefined) return known;
    const asked = this.#owner(path).then(owner => owner?.name ?? null);
    if (this.#owned.size < 65_536) this.#owned.set(path, asked);
    return asked;
  }

  /** Every home that is there, once, with the accounts whose home it is. */
  homes(): { readonly account: Account; readonly home: string }[] {
    const seen = new Set<string>();
    const found: { account: Account; home: string }[] = [];
    for (const account of this.accounts) {
      if (account.home === '' || account.home === '/' || !account.home.startsWith('/')) continue;
      if (seen.has(account.home) || !this.files.stat(account.home)?.isDirectory()) continue;
      if (found.length >= mostHomes) {
        const text = {
          en: `more than ${mostHomes} homes; the rest is not looked at`,
          zh: `超过 ${mostHomes} 个主目录，其余未检查`,
        };
        this.onTrouble({ key: account.home, text });
        break;
      }
      seen.add(account.home);
      found.push({ account, home: account.home });
    }
    return found;
  }

  /** Regular files (or links to them) of a folder whose name passes. */
  filesIn(folder: string, passes: (name: string) => boolean = () => true): string[] {
    this.signal?.throwIfAborted();
    return this.files
      .names(folder)
      .filter(passes)
      .map(name => joined(folder, name))
      .filter(path => this.files.stat(path)?.isFile());
  }
}

/**
 * Asks the package database of the root. Only dpkg's is files that can be read in an image, and only when they stand
 * where they belong: a link could lead out of the root.
 */
function ownersOf(files: RootFiles): (path: string) => Promise<{ readonly name: string } | undefined> {
  if (files.root === '/') {
    const owners = new PackageOwners();
    return path => owners.ownerOf(path);
  }
  const isReal = ['/var/lib/dpkg/status', '/var/lib/dpkg/info'].every(path => files.resolve(path) === path);
  if (!isReal || !files.stat('/var/lib/dpkg/status')?.isFile()) return async () => undefined;
  const owners = new DpkgOwners(files.root);
  return path => owners.ownerOf(path);
}
