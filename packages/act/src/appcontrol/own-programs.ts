/**
 * The programs that Redoubt itself consists of. No package has them, and without them nobody could take a denial back:
 * not the runtime that the command line is started with, nor the launcher in front of it.
 */
import { open, realpath } from 'node:fs/promises';
import { digestsOf } from './digests.ts';

/** Vouches for programs by their place and by what they contained when the gate was set up. */
export class OwnPrograms {
  readonly #paths: readonly string[];
  readonly #digests = new Map<string, string>();

  /** @param paths of files; those that are not there are left out */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Reads them, those that were read before excepted: what is changed later is unknown until the agent starts anew. */
  async refresh(): Promise<void> {
    for (const named of this.#paths) {
      try {
        const path = await realpath(named);
        if (this.#digests.has(path)) continue;
        await using file = await open(path, 'r');
        this.#digests.set(path, (await digestsOf(file.fd)).sha256);
      } catch {
        // It is not there, or not readable: then it is no more known than any other file.
      }
    }
  }

  /** Whether this content stands at this path as it did. @param sha256 lower-case hexadecimal */
  has(path: string, sha256: string): boolean {
    return this.#digests.get(path) === sha256;
  }
}
