/** Names of the host's users and groups, from /etc/passwd and /etc/group. */
import { readFileSync, statSync } from 'node:fs';

/** Largest account file that is read, bytes. */
const sizeLimit = 16 * 1024 * 1024;

/** How often a file is looked at for change, milliseconds. */
const checkInterval = 2_000;

/**
 * Names by numeric id out of passwd(5) or group(5) text. Both have the name in the first field and the id in
 * the third. Lines that are not of this form (NIS "+" entries, comments) are skipped; the first of two lines
 * with the same id counts, as for getpwuid(3).
 */
export function parseNames(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':', 3);
    if (name === undefined || name === '' || id === undefined || !/^\d{1,10}$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}

/** One account file, read again when it changes. */
class NameFile {
  readonly #path: string;
  #names = new Map<number, string>();
  #version = '';
  #checked = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.#path = path;
  }

  get(id: number): string | undefined {
    const now = performance.now();
    if (now - this.#checked > checkInterval) {
      this.#checked = now;
      this.#reload();
    }
    return this.#names.get(id);
  }

  #reload(): void {
    try {
      // Tools replace the file by rename, so the inode belongs to its version.
      const { ino, mtimeNs, size } = statSync(this.#path, { bigint: true });
      const version = `${ino}:${mtimeNs}:${size}`;
      if (version === this.#version || size > sizeLimit) return;
      this.#names = parseNames(readFileSync(this.#path, 'utf8'));
      this.#version = version;
    } catch {
      // Between unlink and rename of a replacement there is no file; the names known so far stay good.
    }
  }
}

/** User and group names of the host. They must not be used for what runs in a container. */
export class Accounts {
  readonly #users: NameFile;
  readonly #groups: NameFile;

  /** @param root directory that holds etc/, "/" unless a test says otherwise */
  constructor(root = '/') {
    this.#users = new NameFile(`${root}/etc/passwd`);
    this.#groups = new NameFile(`${root}/etc/group`);
  }

  /** Login name of a user id; undefined when the files have none. */
  userName(id: number): string | undefined {
    return this.#users.get(id);
  }

  /** Name of a group id; undefined when the files have none. */
  groupName(id: number): string | undefined {
    return this.#groups.get(id);
  }
}
