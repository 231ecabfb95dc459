/** Which Debian package owns a path, from dpkg's own files (dpkg(1): /var/lib/dpkg/info/*.list, status). */
import { readdir, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OwningPackage } from '../process/image.ts';
import { LineReader } from './byte-lines.ts';

/** Packages by their place in `DpkgOwners.#packages`; 2^20 are more than Debian has. */
const packageBits = 2 ** 20;

interface InstalledPackage extends OwningPackage {
  /** Name of its list file, "NAME.list" or "NAME:ARCH.list". */
  list: string;
}

/**
 * Owners of paths. Only a hash of each path is kept (8 bytes a path); a hit is confirmed in the package's
 * list file, so two paths with the same hash are never confused.
 */
export class DpkgOwners {
  readonly #root: string;
  readonly #reloadInterval: number;
  #packages: InstalledPackage[] = [];
  /** path hash × 2^20 + package, ascending. */
  #index = new Float64Array(0);
  #version = '';
  #loading: Promise<void> | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param root directory that holds var/lib/dpkg, "/" unless a test says otherwise
   * @param reloadInterval shortest time between two readings, milliseconds: an installation changes the
   *   database many times, and reading it takes about 0.2 s of work
   */
  constructor(root = '/', reloadInterval = 5_000) {
    this.#root = root;
    this.#reloadInterval = reloadInterval;
  }

  /** Paths that are known. */
  get size(): number {
    return this.#index.length;
  }

  /**
   * The package that owns a path; undefined when none does or this is no Debian system.
   * /bin, /sbin and /lib* are the same as below /usr, whichever of both names the package used.
   */
  async ownerOf(path: string): Promise<OwningPackage | undefined> {
    await this.#refresh();
    for (const alias of usrMergeAliases(path)) {
      for (const found of this.#candidates(alias)) {
        if (this.#lists(found, alias)) {
          const { name, version, type, architecture } = found;
          return { name, version, type, architecture };
        }
      }
    }
    return undefined;
  }

  #candidates(path: string): InstalledPackage[] {
    const bytes = Buffer.from(path);
    const hash = pathHash(bytes, 0, bytes.length) * packageBits;
    const found: InstalledPackage[] = [];
    for (let at = lowerBound(this.#index, hash); at < this.#index.length; at++) {
      const entry = this.#index[at] as number;
      if (entry >= hash + packageBits) break;
      const owner = this.#packages[entry - hash];
      if (owner !== undefined) found.push(owner);
    }
    return found;
  }

  #lists(owner: InstalledPackage, path: string): boolean {
    const wanted = Buffer.from(path);
    let found = false;
    try {
      new LineReader().read(`${this.#root}/var/lib/dpkg/info/${owner.list}`, (bytes, start, end) => {
        found = end - start === wanted.length && wanted.compare(bytes, start, end) === 0;
        return !found;
      });
    } catch {
      // the package was removed a moment ago
    }
    return found;
  }

  /** Reads everything again when dpkg has changed something. */
  async #refresh(): Promise<void> {
    if (this.#loading === undefined && performance.now() - this.#loadedAt < this.#reloadInterval) return;
    let version: string;
    try {
      const { mtimeMs, size, ino } = await stat(`${this.#root}/var/lib/dpkg/status`);
      version = `${ino}:${mtimeMs}:${size}`;
    } catch {
      return;
    }
    if (version === this.#version && this.#loading === undefined) return;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
      this.#loadedAt = performance.now();
    });
    await this.#loading;
    this.#version = version;
  }

  async #load(): Promise<void> {
    const info = `${this.#root}/var/lib/dpkg/info`;
    const reader = new LineReader();
    const installed = readStatus(reader, `${this.#root}/var/lib/dpkg/status`);
    const packages: InstalledPackage[] = [];
    let entries = new Float64Array(1 << 14);
    let count = 0;
    for (const list of (await readdir(info)).filter(name => name.endsWith('.list'))) {
      const owner = installed.get(list.slice(0, -'.list'.length));
      if (owner === undefined || packages.length >= packageBits - 1) continue;
      const place = packages.length;
      packages.push({ ...owner, list });
      try {
        reader.read(`${info}/${list}`, (bytes, start, end) => {
          if (start === end) return true;
          if (count === entries.length) entries = doubled(entries);
          entries[count++] = pathHash(bytes, start, end) * packageBits + place;
          return true;
        });
      } catch {
        // removed while the others were read
      }
      await nextTurn();
    }
    this.#index = entries.slice(0, count).sort();
    this.#packages = packages;
  }
}

function doubled(entries: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(entries.length * 2);
  larger.set(entries);
  return larger;
}

const statusKeys = ['Package', 'Version', 'Architecture'] as const;
const statusPrefixes = statusKeys.map(key => [key, Buffer.from(`${key}: `)] as const);

/** Installed packages by the two names that a list file can have: "name" and "name:architecture". */
function readStatus(reader: LineReader, path: string): Map<string, OwningPackage> {
  const packages = new Map<string, OwningPackage>();
  let fields: Partial<Record<(typeof statusKeys)[number], string>> = {};
  const finish = (): void => {
    const { Package: name, Version: version, Architecture: architecture } = fields;
    if (name !== undefined && version !== undefined && architecture !== undefined) {
      const owner: OwningPackage = { name, version, type: 'dpkg', architecture };
      packages.set(name, owner);
      packages.set(`${name}:${architecture}`, owner);
    }
    fields = {};
  };
  reader.read(path, (bytes, start, end) => {
    if (start === end) finish();
    for (const [key, prefix] of statusPrefixes) {
      const value = start + prefix.length;
      if (value < end && bytes[start] === prefix[0] && prefix.compare(bytes, start, value) === 0) {
        fields[key] = bytes.toString('utf8', value, end);
      }
    }
    return true;
  });
  finish();
  return packages;
}

/** A path and its name on the other side of the merge of / and /usr (Debian 12 and later). */
export function usrMergeAliases(path: string): string[] {
  if (/^\/(?:bin|sbin|lib(?:32|64|x32)?)\//.test(path)) return [path, `/usr${path}`];
  if (/^\/usr\/(?:bin|sbin|lib(?:32|64|x32)?)\//.test(path)) return [path, path.slice('/usr'.length)];
  return [path];
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
function pathHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
  }
  return hash >>> 0;
}

/** Index of the first entry that is not below `value`. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
