/** What `file.*` records say. */
import { Section } from './layout.ts';
import { deviceName } from './process.ts';
import type { KernelRecord } from './record.ts';

const number = { flags: 0, mode: 1, inode: 2, device: 3, uid: 4, gid: 5, length: 6 };

/** A part that folding would take out: "", "." or "..", or a slash at the end. */
const foldable = /\/(?:\.{0,2})(?:\/|$)/;

/**
 * A path as the caller wrote it, made absolute with the directory that the kernel resolved it from.
 * `.`, `..` and double slashes are folded by text: symbolic links on the way are not followed.
 * @param root the caller's root directory in a chroot, above which `..` does not lead; else empty
 * @param directory where a relative path starts, as seen from the real root
 */
export function resolveCallerPath(root: string, directory: string | undefined, written: string): string {
  const jail = root === '/' ? '' : root;
  const isAbsolute = written.startsWith('/');
  const isInside = isAbsolute || directory === jail || directory?.startsWith(`${jail}/`) === true;
  const base = isInside ? jail : '';
  const path = isAbsolute ? written : `${(directory ?? '').slice(base.length)}/${written}`;
  // Most paths are plain already, and folding costs ten times as much as seeing that.
  if (path.startsWith('/') && !foldable.test(path)) return base + path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.length === 0 ? base || '/' : `${base}/${parts.join('/')}`;
}

/** One file operation. Each getter decodes when it is asked. */
export class FileDetails {
  readonly #record: KernelRecord;

  constructor(record: KernelRecord) {
    this.#record = record;
  }

  #callerPath(pathTag: number, directoryTag: number): string | undefined {
    const written = this.#record.text(pathTag);
    if (written === undefined) return undefined;
    const directory = this.#record.walkedPath(directoryTag);
    const root = this.#record.walkedPath(Section.root) ?? '';
    // Calls like fchownat with AT_EMPTY_PATH name the directory descriptor itself.
    return resolveCallerPath(root, directory, written);
  }

  /** Absolute path: the old name of a rename, the existing name of a link, the mount point of a mount. */
  get path(): string | undefined {
    return this.#record.walkedPath(Section.path) ?? this.#callerPath(Section.userPath, Section.directory);
  }

  /** Whether `path` is what the kernel resolved rather than what the caller wrote. */
  get isResolved(): boolean {
    return this.#record.bytes(Section.path) !== undefined;
  }

  /** Second path: the new name of a rename or link, the old root's place of pivot_root. */
  get target(): string | undefined {
    return this.#callerPath(Section.userPath2, Section.directory2);
  }

  /** Second path as written: what a mount mounts (a device name need not be a path). */
  get source(): string | undefined {
    return this.#record.text(Section.userPath2);
  }

  /** Name of the extended attribute, type of the mounted file system, or what a symbolic link points to. */
  get name(): string | undefined {
    return this.#record.text(Section.name);
  }

  /** Flags argument of the call: of open, rename, unlinkat, mount, umount … */
  get flags(): number {
    return this.#record.number(number.flags) ?? 0;
  }

  /** st_mode of an opened file (type included); the mode argument of chmod, mkdir, mknod. */
  get mode(): number | undefined {
    return this.#record.number(number.mode);
  }

  get inode(): number | undefined {
    return this.#record.number(number.inode) || undefined;
  }

  /** major:minor */
  get device(): string | undefined {
    const value = this.#record.number(number.device);
    return value === undefined || this.inode === undefined ? undefined : deviceName(value);
  }

  /** New owner (chown); undefined when it stays. */
  get ownerUid(): number | undefined {
    const value = this.#record.number(number.uid);
    return value === 0xffff_ffff ? undefined : value;
  }

  /** New group (chown); undefined when it stays. */
  get ownerGid(): number | undefined {
    const value = this.#record.number(number.gid);
    return value === 0xffff_ffff ? undefined : value;
  }

  /** New length (truncate). */
  get length(): number | undefined {
    return this.#record.number(number.length);
  }
}

/** Decodes a `file.*` record, attribute by attribute. Keeps the record: pass a retained one. */
export function fileOf(record: KernelRecord): FileDetails {
  return new FileDetails(record);
}
