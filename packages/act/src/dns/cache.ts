/** Answers that are kept until they expire, bounded in number and bytes; the one used longest ago goes first. */
import type { KeptAnswer } from './answer.ts';

interface Entry {
  readonly answer: KeptAnswer;
  /** Milliseconds of a clock that only goes forward. */
  readonly since: number;
}

/** What an entry takes beside its bytes, roughly. */
const overhead = 400;

/** Made for one resolver. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: { readonly entries: number; readonly bytes: number };
  #bytes = 0;
  evicted = 0;

  constructor(limits = { entries: 50_000, bytes: 32 * 1024 * 1024 }) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns the answer and its age in whole seconds; undefined when there is none or it has expired */
  find(key: string, now: number): { answer: KeptAnswer; age: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const age = Math.floor((now - entry.since) / 1000);
    this.#entries.delete(key);
    if (age >= entry.answer.keep) {
      this.#bytes -= sizeOf(key, entry.answer);
      return undefined;
    }
    this.#entries.set(key, entry);
    return { answer: entry.answer, age };
  }

  /** Keeps an answer as long as it says. */
  keep(key: string, answer: KeptAnswer, now: number): void {
    const size = sizeOf(key, answer);
    if (answer.keep <= 0 || size > this.#limits.bytes / 8) return;
    this.#drop(key);
    this.#entries.set(key, { answer, since: now });
    this.#bytes += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) break;
      this.#drop(oldest);
      this.evicted++;
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(key, entry.answer);
  }
}

function sizeOf(key: string, answer: KeptAnswer): number {
  return key.length * 2 + answer.body.length + answer.ttls.length * 8 + overhead;
}
