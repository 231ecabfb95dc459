/**
 * Marks: digests over stretches of a state whose entries carry the status they were seen with. A check that sees the
 * same stretch again knows, from one digest, that thousands of entries are as they were. Stretches end at keys that
 * their own hash chooses, so that what is added in one place leaves the others as they are.
 */
import { createHash, type Hash } from 'node:crypto';
import type { StateEntry } from '@redoubt/model';

/** One stretch: how many entries, SHA-256 over `key NUL status NUL` of each, and the key that it ends with. */
export type Mark = readonly [entries: number, sha256: string, last: string];

/** FNV-1a, 32 bits, over the UTF-8 of a key (isthe.com/chongo/tech/comp/fnv); as in kernel/native/addon/walk.c. */
function hashOf(key: string): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    if (unit > 0x7f) return hashOfBytes(Buffer.from(key));
    hash = Math.imul(hash ^ unit, 16_777_619);
  }
  return hash >>> 0;
}

function hashOfBytes(bytes: Buffer): number {
  let hash = 2_166_136_261;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16_777_619);
  return hash >>> 0;
}

/** Whether a stretch ends after a key. */
export const endsStretch = (key: string): boolean => hashOf(key) % 2048 === 0;

/** Makes the marks of a state while it is written. */
export class MarkMaker {
  readonly marks: Mark[] = [];
  #hash: Hash | undefined;
  #text = '';
  #count = 0;
  #last = '';

  add({ key, facts }: StateEntry): void {
    const stat = facts['stat'];
    if (typeof stat !== 'string') return;
    this.#text += `${key}\0${stat}\0`;
    this.#count++;
    this.#last = key;
    if (endsStretch(key)) this.end();
    else if (this.#text.length > 1 << 16) this.#flush();
  }

  #flush(): Hash {
    const hash = this.#hash ?? createHash('sha256');
    this.#hash = hash.update(this.#text);
    this.#text = '';
    return hash;
  }

  /** Ends the last stretch. */
  end(): void {
    if (this.#count === 0) return;
    this.marks.push([this.#count, this.#flush().digest('hex'), this.#last]);
    this.#hash = undefined;
    this.#count = 0;
  }
}
