/** Whether a file is as its Debian package has it (dpkg's `info/*.md5sums`, see deb-md5sums in dpkg's documentation). */
import { readFile } from 'node:fs/promises';
import { PackageOwners } from '@redoubt/observe';

/** The package of a file and whether its content is the package's. */
export interface PackageCheck {
  readonly name: string;
  /** `unknown`: the package records no digest of it (a configuration file, an rpm). */
  readonly content: 'as packaged' | 'changed' | 'unknown';
}

/** Looks files up in the package data base. */
export class PackageDigests {
  readonly #owners: PackageOwners;
  readonly #root: string;

  /** @param root folder that holds var/lib/dpkg */
  constructor(root = '/', owners = new PackageOwners()) {
    this.#root = root;
    this.#owners = owners;
  }

  /** Reads the data base, which takes a while, so that the first program need not wait for it. */
  async ready(): Promise<void> {
    await this.#owners.ownerOf('/');
  }

  /**
   * The package that owns a path of the host; undefined when none does.
   * @param md5 of the file's content
   * @throws Error when too many files are looked up at the same time: not to know is no reason to deny
   */
  async check(path: string, md5: string): Promise<PackageCheck | undefined> {
    const { refused } = this.#owners;
    const owner = await this.#owners.ownerOf(path);
    if (owner === undefined) {
      if (this.#owners.refused > refused) throw new Error('too many files are looked up at the same time');
      return undefined;
    }
    const { name, type, architecture } = owner;
    if (type !== 'dpkg') return { name, content: 'unknown' };
    const recorded = await this.#recorded([`${name}:${architecture}`, name], path);
    if (recorded === undefined) return { name, content: 'unknown' };
    return { name, content: recorded === md5 ? 'as packaged' : 'changed' };
  }

  async #recorded(lists: readonly string[], path: string): Promise<string | undefined> {
    const wanted = new Set(aliases(path));
    for (const list of lists) {
      let text: string;
      try {
        text = await readFile(`${this.#root}/var/lib/dpkg/info/${list}.md5sums`, 'utf8');
      } catch {
        continue; // the other name, or none
      }
      for (const line of text.split('\n')) {
        // "digest  path-without-leading-slash"
        if (wanted.has(line.slice(34))) return line.slice(0, 32);
      }
    }
    return undefined;
  }
}

/** Both names that a file can have since / and /usr are merged, without the leading slash. */
function aliases(path: string): string[] {
  const bare = path.replace(/^\/+/, '');
  const short = bare.replace(/^usr\/(?=(?:bin|sbin|lib(?:32|64|x32)?)\/)/, '');
  return [bare, short, `usr/${short}`];
}
