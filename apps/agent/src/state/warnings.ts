/** What the operator should know about the agent itself, now. */
import type { Bilingual } from '@redoubt/model';
import type { Warning } from '../api/contract.ts';

/** A warning that begins, or that is over. */
export interface WarningChange {
  readonly code: string;
  readonly active: boolean;
  readonly text: Bilingual;
}

/** The warnings that stand, one a code. */
export class Warnings {
  readonly #standing = new Map<string, Warning>();

  /** Takes note of a warning that begins or is over. */
  set({ code, active, text }: WarningChange): void {
    if (active) this.#standing.set(code, { code, en: text.en, zh: text.zh });
    else this.#standing.delete(code);
  }

  /** The warnings that stand, in the order in which they began. */
  list(): Warning[] {
    return [...this.#standing.values()];
  }
}

/** The warning that only the reduced sensor runs. */
export function reducedMode(reason: string): WarningChange {
  return {
    code: 'reduced-mode',
    active: true,
    text: {
      en: `The kernel sensor cannot run here, so much is not seen. ${reason}`,
      zh: `内核传感器无法在此运行，许多行为看不到。原因：${reason}`,
    },
  };
}

/** The warning that the correlations begin anew. */
export function correlationLost(reason: string): WarningChange {
  return {
    code: 'correlation-state-lost',
    active: true,
    text: {
      en: `Sequences of events that were under way before this start are forgotten: ${reason}`,
      zh: `本次启动前尚未完成的事件序列已丢失：${reason}`,
    },
  };
}
