/** Verdicts on contents that were looked at lately. */
import type { FileIdentity } from '@redoubt/detect/scan-helper';
import type { FileVerdict } from './scanner.ts';

const kept = 16_384;
/** A change that is younger than this may share its time stamp with a later one (the kernel's tick is up to 10 ms). */
const settledMilliseconds = 50;

/** Verdicts by the identity of a content; the least recently used ones go. */
export class KnownVerdicts {
  readonly #verdicts = new Map<string, FileVerdict>();

  get size(): number {
    return this.#verdicts.size;
  }

  find(identity: FileIdentity): FileVerdict | undefined {
    const key = keyOf(identity);
    const verdict = this.#verdicts.get(key);
    if (verdict === undefined) return undefined;
    this.#verdicts.delete(key);
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  /** @param began when the file began to be read: one that had changed just before is not remembered */
  add(identity: FileIdentity, verdict: FileVerdict, began: number): void {
    if (began - identity.ctimeMs < settledMilliseconds) return;
    this.#verdicts.set(keyOf(identity), verdict);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > kept && oldest !== undefined) this.#verdicts.delete(oldest);
  }

  /** Forgets everything: the engines or their rules are others now. */
  clear(): void {
    this.#verdicts.clear();
  }
}

function keyOf({ dev, ino, size, mtimeMs, ctimeMs }: FileIdentity): string {
  return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
}
