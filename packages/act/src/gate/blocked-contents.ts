/** Contents that must not run, whatever their name: a guard of its own at the gate, there only while there are any. */
import { fstatSync } from 'node:fs';
import { type GateEvent, isGateable, type Mount } from '@redoubt/kernel';
import { digestsOf } from '../appcontrol/digests.ts';
import type { SharedGate } from './shared-gate.ts';

/** A start that was denied. */
export interface BlockedRun {
  readonly path: string;
  readonly pid: number;
}

/** What it is wired to. */
export interface BlockedContentsParts {
  readonly gate: Pick<SharedGate, 'set' | 'remove'>;
  readonly onDenied: (run: BlockedRun) => void;
  /** Programs ran unjudged. */
  readonly onTrouble: (event: GateEvent) => void;
  /** File systems to stand before; every one that can be gated when left out. */
  readonly covers?: (mount: Mount) => boolean;
}

const name = 'blocked-contents';

/** Made once an agent. Changes take effect before they return. */
export class BlockedContents {
  readonly #parts: BlockedContentsParts;
  readonly #digests = new Set<string>();
  /** Verdicts from before a change are not remembered. */
  #change = 0;

  constructor(parts: BlockedContentsParts) {
    this.#parts = parts;
  }

  /** Whether files with this content do not run. @param sha256 lower-case hexadecimal */
  has(sha256: string): boolean {
    return this.#digests.has(sha256);
  }

  /** @throws Error when the gate cannot be opened; nothing is blocked then */
  block(sha256: string): void {
    if (this.#digests.has(sha256)) return;
    this.#digests.add(sha256);
    try {
      this.#stand();
    } catch (error) {
      this.#digests.delete(sha256);
      throw error;
    }
  }

  unblock(sha256: string): void {
    if (!this.#digests.delete(sha256)) return;
    if (this.#digests.size > 0) this.#stand();
    else this.#parts.gate.remove(name);
  }

  /** Standing there anew makes the gate forget its verdicts. */
  #stand(): void {
    const { gate, onDenied, onTrouble, covers = isGateable } = this.#parts;
    this.#change++;
    gate.set({
      name,
      execs: true,
      enforces: true,
      bypass: [],
      covers,
      judge: async ({ fd, path, pid }) => {
        const change = this.#change;
        const before = fstatSync(fd, { bigint: true });
        const allow = !this.#digests.has((await digestsOf(fd)).sha256);
        const isStable = fstatSync(fd, { bigint: true }).ctimeNs === before.ctimeNs;
        if (!allow) onDenied({ path, pid });
        return { allow, remember: isStable && change === this.#change };
      },
      onEvent: event => (event.kind === 'denied' ? onDenied(event) : onTrouble(event)),
    });
  }
}
