/** The correlations' memory of recent events, kept across a restart of the agent. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Detector } from '@redoubt/detect';

/** A state larger than this is not read: something else wrote it. */
const sizeLimit = 64 * 1024 * 1024;

/** Saves and restores the state of a detector's correlations in one file of the state directory. */
export class CorrelationFile {
  readonly #path: string;
  readonly #detector: Pick<Detector, 'changes' | 'save' | 'restore'>;
  /** How often the state had changed when the file was written. */
  #saved = 0;

  constructor(stateDirectory: string, detector: Pick<Detector, 'changes' | 'save' | 'restore'>) {
    this.#path = join(stateDirectory, 'correlation.json');
    this.#detector = detector;
  }

  /**
   * Takes over the state of the last run, if there is one. A file that cannot be used costs only the sequences
   * that were under way, so it is passed over.
   * @returns why the file was passed over, or undefined
   */
  restore(): string | undefined {
    try {
      const text = readFileSync(this.#path, 'utf8');
      if (text.length > sizeLimit) return `${this.#path} is larger than any state of ours`;
      this.#detector.restore(JSON.parse(text));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      return `${this.#path}: ${error instanceof Error ? error.message : String(error)}`;
    }
    return undefined;
  }

  /** Saves the state if it has changed; the file is replaced as a whole. A full disk keeps the older state. */
  save(): void {
    const { changes } = this.#detector;
    if (changes === this.#saved) return;
    const text = JSON.stringify(this.#detector.save());
    try {
      writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
      this.#saved = changes;
    } catch {
      // The recorder warns of a full disk; sequences under way are all that is at stake here.
    }
  }
}
