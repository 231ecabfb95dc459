/**
 * The key that signs now. It is changed at every start and every day, and the old one is destroyed: who takes the host
 * over finds no key with which he could sign what was written before (forward security; Bellare and Yee, 2003).
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The key file of a journal's folder. */
export class KeyFile {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, 'journal.key');
  }

  get exists(): boolean {
    return existsSync(this.#path);
  }

  /** @throws the system's or the decoder's error */
  read(): KeyObject {
    return createPrivateKey(readFileSync(this.#path));
  }

  /** The key that was to follow when a change of keys was cut short. */
  readNext(): KeyObject | undefined {
    try {
      return createPrivateKey(readFileSync(this.#next));
    } catch {
      return undefined;
    }
  }

  /** Makes the key that is to follow, on disk. Call `adopt` once the journal names it. */
  makeNext(): KeyObject {
    const { privateKey } = generateKeyPairSync('ed25519');
    const file = openSync(this.#next, 'w', 0o600);
    try {
      writeSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return privateKey;
  }

  /** Puts the new key in the old one's place, which is gone with that. */
  adopt(): void {
    renameSync(this.#next, this.#path);
    const folder = openSync(dirname(this.#path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }

  get #next(): string {
    return `${this.#path}.next`;
  }
}
