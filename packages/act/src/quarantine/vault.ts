/**
 * Quarantine: files are sealed into a private folder, taken from their place, and given back exactly as they were.
 *
 * Every step is durable before the next one begins, so that whatever moment the power fails, the file is in its place,
 * in the vault, or in both:
 *   1. sealed copy written, synced, named        2. entry written, synced (`removed: false`)
 *   3. file renamed aside, checked, unlinked      4. entry rewritten (`removed: true`)
 * `recover` ends what was begun: copies without an entry go, files whose entry is there are removed.
 */

import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '@redoubt/store/durable';
import { attributesOf, giveAttributes } from './attributes.ts';
import { systemCalls, type VaultCalls } from './calls.ts';
import { isEntryId, parseEntry, type QuarantineCause, type QuarantineEntry } from './entry.ts';
import { release } from './released.ts';
import { SealBroken, seal, unseal } from './seal.ts';

const keyBytes = 32;
/** Room that must be left on the vault's file system beyond the file itself, bytes. */
const reserve = 16 * 2 ** 20;
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A file that cannot be quarantined or restored, and why. */
export class QuarantineError extends Error {
  override readonly name = 'QuarantineError';
}

/** What `recover` did. */
export interface Recovery {
  /** Entries whose files were still in place and are gone now. */
  readonly finished: readonly string[];
  /** Sealed copies that belonged to nothing. */
  readonly discarded: number;
}

export class Quarantine {
  readonly #folder: string;
  readonly #key: Buffer;
  readonly #calls: VaultCalls;

  private constructor(folder: string, key: Buffer, calls: VaultCalls) {
    this.#folder = folder;
    this.#key = key;
    this.#calls = calls;
  }

  /**
   * Opens the vault in a folder, and makes it with a new key when there is none.
   * @throws QuarantineError when folder or key are open to others; Error of the system
   */
  static open(folder: string, calls: VaultCalls = systemCalls): Quarantine {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    const path = join(folder, 'key');
    if (!existsSync(path)) {
      const key = calls.openSync(`${path}.new`, 'w', 0o600);
      try {
        calls.writeSync(key, randomBytes(keyBytes));
        calls.fsyncSync(key);
      } finally {
        calls.closeSync(key);
      }
      calls.renameSync(`${path}.new`, path);
      syncFolder(folder, calls);
    }
    const stats = lstatSync(path);
    if (!stats.isFile() || (stats.mode & 0o077) !== 0)
      throw new QuarantineError(`${path} must be a file that only its owner can read`);
    const key = readFileSync(path);
    if (key.length !== keyBytes)
      throw new QuarantineError(`${path} holds no key: it is ${key.length} bytes long`);
    return new Quarantine(folder, key, calls);
  }

  /** Entries, the oldest first; damaged ones are named in `damaged`. */
  list(): { entries: QuarantineEntry[]; damaged: string[] } {
    const entries: QuarantineEntry[] = [];
    const damaged: string[] = [];
    for (const id of this.#ids()) {
      try {
        entries.push(this.#read(id));
      } catch {
        damaged.push(id);
      }
    }
    return { entries: entries.sort((a, b) => a.time - b.time), damaged };
  }

  /** One entry. @throws QuarantineError when there is none */
  entry(id: string): QuarantineEntry {
    if (!isEntryId(id) || !existsSync(this.#entryPath(id)))
      throw new QuarantineError(`there is no ${JSON.stringify(id)} in quarantine`);
    return this.#read(id);
  }

  /**
   * Takes a file into quarantine.
   * @throws QuarantineError when it is no regular file or changes meanwhile; Error of the system. It is then in place.
   */
  add(path: string, cause: QuarantineCause, now = Date.now()): QuarantineEntry {
    const calls = this.#calls;
    const id = `${new Date(now).toISOString().slice(0, 10).replaceAll('-', '')}-${randomBytes(6).toString('hex')}`;
    const file = calls.openSync(path, readFlags);
    let entry: QuarantineEntry;
    try {
      const before = fstatSync(file, { bigint: true });
      if (!before.isFile()) throw new QuarantineError(`${path} is no regular file`);
      this.#requireRoom(before.size);
      const sealed = this.#sealInto(file, id);
      const after = fstatSync(file, { bigint: true });
      if (!isSame(before, after) || BigInt(sealed.size) !== after.size) {
        this.#forget(id);
        throw new QuarantineError(`${path} changed while it was sealed; nothing was done`);
      }
      entry = {
        version: 1,
        id,
        path,
        ...sealed,
        attributes: attributesOf(file, before),
        device: String(after.dev),
        inode: String(after.ino),
        otherLinks: Number(after.nlink) - 1,
        time: now,
        cause,
        removed: false,
      };
    } finally {
      calls.closeSync(file);
    }
    this.#write(entry);
    try {
      this.#take(entry);
    } catch (error) {
      // The copy goes only where the file is still there: a folder that cannot be synced is no reason to lose both.
      if (this.#putBack(entry)) this.#forget(id);
      throw error;
    }
    const kept = { ...entry, removed: true };
    this.#write(kept);
    return kept;
  }

  /**
   * Puts a file back as it was, and takes it out of quarantine.
   * @param to another place for it
   * @param releases whether on-access scanning is to leave this content alone from now on
   * @returns where it is now
   * @throws QuarantineError when something is in its place; SealBroken when the vault was tampered with
   */
  restore(id: string, to?: string, releases = true): string {
    const calls = this.#calls;
    const entry = this.entry(id);
    const path = to ?? entry.path;
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw new QuarantineError(`${path} is there already; give another place`);
    const aside = join(dirname(path), `.redoubt-restore-${id}`);
    const sealed = calls.openSync(this.#sealedPath(id), constants.O_RDONLY);
    try {
      // One that an earlier attempt left: it is ours by name and id.
      if (existsSync(aside)) calls.unlinkSync(aside);
      const file = calls.openSync(aside, 'wx', 0o600);
      try {
        const { size, sha256 } = unseal(sealed, file, this.#key, id, calls);
        if (size !== entry.size || sha256 !== entry.sha256)
          throw new SealBroken('it is not the file of its entry');
        giveAttributes(file, entry.attributes, calls);
        calls.fsyncSync(file);
      } catch (error) {
        calls.unlinkSync(aside);
        throw error;
      } finally {
        calls.closeSync(file);
      }
    } finally {
      calls.closeSync(sealed);
    }
    // Before it is back: whoever scans what is written must know it by then.
    if (releases) release(this.#folder, entry.sha256, calls);
    // A link, not a rename: it fails when somebody has put something there meanwhile.
    try {
      calls.linkSync(aside, path);
    } finally {
      calls.unlinkSync(aside);
    }
    syncFolder(dirname(path), calls);
    this.#forget(id);
    return path;
  }

  /** Deletes a file for good. @throws QuarantineError when there is none */
  delete(id: string): QuarantineEntry {
    const entry = this.entry(id);
    this.#forget(id);
    return entry;
  }

  /** Ends what a loss of power or a kill has interrupted. Called before the vault is used. */
  recover(): Recovery {
    const finished: string[] = [];
    let discarded = 0;
    const ids = new Set(this.#ids());
    for (const name of readdirSync(this.#folder)) {
      const [id = '', ...kinds] = name.split('.');
      const kind = kinds.join('.');
      const isRest = kind === 'sealed.part' || kind === 'json.new' || (kind === 'sealed' && !ids.has(id));
      if (!isEntryId(id) || !isRest) continue;
      this.#calls.unlinkSync(join(this.#folder, name));
      discarded += 1;
    }
    for (const { removed, ...entry } of this.list().entries) {
      if (removed) continue;
      this.#take({ ...entry, removed });
      this.#write({ ...entry, removed: true });
      finished.push(entry.id);
    }
    return { finished, discarded };
  }

  #sealInto(file: number, id: string): { size: number; sha256: string } {
    const calls = this.#calls;
    const part = `${this.#sealedPath(id)}.part`;
    const out = calls.openSync(part, 'wx', 0o600);
    let sealed: { size: number; sha256: string };
    try {
      sealed = seal(file, out, this.#key, id, calls);
      calls.fsyncSync(out);
    } catch (error) {
      calls.unlinkSync(part);
      throw error;
    } finally {
      calls.closeSync(out);
    }
    calls.renameSync(part, this.#sealedPath(id));
    syncFolder(this.#folder, calls);
    return sealed;
  }

  /**
   * Removes the file of an entry from its place, if it is still the one that was sealed: it is renamed aside first, so
   * that what is checked is what is removed. Something else that has come to its place stays.
   */
  #take({ id, path, device, inode }: QuarantineEntry): void {
    const calls = this.#calls;
    const aside = join(dirname(path), `.redoubt-quarantine-${id}`);
    const isOurs = (stats: BigIntStats | undefined): boolean =>
      stats !== undefined && String(stats.dev) === device && String(stats.ino) === inode;
    const look = (place: string): BigIntStats | undefined =>
      lstatSync(place, { bigint: true, throwIfNoEntry: false });
    if (look(aside) === undefined) {
      if (!isOurs(look(path))) return;
      calls.renameSync(path, aside);
    }
    if (!isOurs(look(aside))) {
      calls.renameSync(aside, path);
      throw new QuarantineError(`${path} was replaced meanwhile; nothing was done`);
    }
    calls.unlinkSync(aside);
    syncFolder(dirname(path), calls);
  }

  /** After a removal that failed: brings a file that was renamed aside back. @returns whether the file is in place */
  #putBack({ id, path, device, inode }: QuarantineEntry): boolean {
    const aside = join(dirname(path), `.redoubt-quarantine-${id}`);
    if (existsSync(aside) && !existsSync(path)) this.#calls.renameSync(aside, path);
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats !== undefined && String(stats.dev) === device && String(stats.ino) === inode;
  }

  #forget(id: string): void {
    for (const path of [this.#entryPath(id), this.#sealedPath(id)])
      if (existsSync(path)) this.#calls.unlinkSync(path);
    syncFolder(this.#folder, this.#calls);
  }

  #requireRoom(size: bigint): void {
    const { bavail, bsize } = statfsSync(this.#folder, { bigint: true });
    if (bavail * bsize < size + BigInt(reserve))
      throw new QuarantineError(`there is no room for ${size} bytes in ${this.#folder}; nothing was done`);
  }

  #ids(): string[] {
    return readdirSync(this.#folder)
      .filter(name => name.endsWith('.json'))
      .map(name => basename(name, '.json'))
      .filter(isEntryId);
  }

  #read(id: string): QuarantineEntry {
    return parseEntry(readFileSync(this.#entryPath(id), 'utf8'), id);
  }

  #write(entry: QuarantineEntry): void {
    const calls = this.#calls;
    const path = this.#entryPath(entry.id);
    const file = calls.openSync(`${path}.new`, 'w', 0o600);
    try {
      const bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
      for (let at = 0; at < bytes.length; ) at += calls.writeSync(file, bytes, at, bytes.length - at);
      calls.fsyncSync(file);
    } finally {
      calls.closeSync(file);
    }
    calls.renameSync(`${path}.new`, path);
    syncFolder(this.#folder, calls);
  }

  #entryPath(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  #sealedPath(id: string): string {
    return join(this.#folder, `${id}.sealed`);
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}
