/** Programs as the golden state of this host's files records them: signed, and made when the host was known to be good. */
import { escapeKey, StateError, Vault } from '@redoubt/baseline';
import type { Bilingual } from '@redoubt/model';

const collector = 'files';
/** Any execute bit of a mode in octal digits, as states record it. */
const executable = /[1357]/;
/** Programs that are kept; a state of a whole host has about 20,000. */
const mostPrograms = 200_000;

/** The programs of the newest golden state that is signed. */
export class GoldenPrograms {
  readonly #vault: Vault;
  #programs: ReadonlyMap<string, string> = new Map();
  #file: string | undefined;
  /** Why the state that is there cannot be used. */
  refused: Bilingual | undefined;

  /** @param folder of golden states */
  constructor(folder: string) {
    this.#vault = new Vault(folder);
  }

  /** Programs that are known. */
  get size(): number {
    return this.#programs.size;
  }

  /**
   * Reads the state if it is another one than before, after checking its signature. One that does not check vouches
   * for nothing. @returns whether anything changed
   */
  async refresh(): Promise<boolean> {
    const entry = await this.#vault.golden(collector).catch(() => undefined);
    if (entry?.file === this.#file) return false;
    this.#file = entry?.file;
    this.refused = undefined;
    try {
      this.#programs = entry === undefined ? new Map() : await this.#read();
    } catch (error) {
      this.#programs = new Map();
      const words = error instanceof Error ? error.message : String(error);
      this.refused = error instanceof StateError ? error.text : { en: words, zh: words };
    }
    return true;
  }

  /** Whether the state has this content at this path. @param sha256 lower-case hexadecimal */
  has(path: string, sha256: string): boolean {
    return this.#programs.size > 0 && this.#programs.get(escapeKey(Buffer.from(path))) === sha256;
  }

  async #read(): Promise<Map<string, string>> {
    const golden = await this.#vault.open(collector, await this.#vault.verifiers());
    const programs = new Map<string, string>();
    try {
      if (golden.header.root !== '/')
        throw new StateError('host', {
          en: `${golden.file} was made of ${golden.header.root}, not of this host`,
          zh: `${golden.file} 取自 ${golden.header.root}，而不是本机`,
        });
      for await (const { key, facts } of golden.entries()) {
        const { type, mode, sha256 } = facts;
        if (type !== 'file' || typeof sha256 !== 'string' || !executable.test(String(mode).slice(-3)))
          continue;
        if (programs.size < mostPrograms) programs.set(key, sha256);
      }
      return programs;
    } finally {
      await golden.close();
    }
  }
}
