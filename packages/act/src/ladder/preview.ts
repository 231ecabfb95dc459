/** What a step would do and what it would have blocked: shown before it is taken, and remembered by number. */
import type { Impact, PlannedChange, Policy } from '@redoubt/model';

/** A step that was shown. */
export interface Preview {
  /** Names it when the step is taken. */
  readonly id: string;
  readonly protection: string;
  readonly policy: Policy;
  /** Revision that it was made for; a later change makes it void. */
  readonly revision: number;
  readonly made: number;
  readonly changes: PlannedChange[];
  /** Absent where the step blocks nothing, neither now nor in a report. */
  readonly impact?: Impact;
}

/** Previews that are kept; the oldest goes first. */
const kept = 64;
/** How long a preview may be acted upon, milliseconds: the world moves on. */
const validity = 3_600_000;

/** The previews that steps can refer to. */
export class Previews {
  readonly #previews = new Map<string, Preview>();

  add(preview: Omit<Preview, 'id'>): Preview {
    const whole = { id: crypto.randomUUID(), ...preview };
    this.#previews.set(whole.id, whole);
    const [oldest] = this.#previews.keys();
    if (this.#previews.size > kept && oldest !== undefined) this.#previews.delete(oldest);
    return whole;
  }

  /** The preview of exactly this step, if it was shown and nothing has changed since. */
  find(id: string | undefined, protection: string, policy: Policy, revision: number, now: number): boolean {
    const preview = id === undefined ? undefined : this.#previews.get(id);
    return (
      preview !== undefined &&
      preview.protection === protection &&
      preview.revision === revision &&
      now - preview.made <= validity &&
      samePolicy(preview.policy, policy)
    );
  }
}

/** Whether two policies say the same. */
export function samePolicy(one: Policy, other: Policy): boolean {
  return one.rung === other.rung && JSON.stringify(one.settings) === JSON.stringify(other.settings);
}
