/** What a protection is to the ladder. */
import type { Bilingual, Health, Impact, PlannedChange, Policy, Rung } from '@redoubt/model';
import type { Reader } from '@redoubt/store';

/** A past period of the record. */
export interface Period {
  readonly reader: Pick<Reader, 'events' | 'processes' | 'findings'>;
  /** Milliseconds since the Unix epoch, both included. */
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal;
  /** Told of the events looked through so far. */
  readonly onProgress: (events: number) => void;
}

/**
 * Something that can block: segmentation, application control, bans, a DNS firewall. It knows how to do and to take
 * back; when, for how long and on whose word is the ladder's affair.
 */
export interface Protection<Settings = unknown> {
  /** Stable, in lower case with hyphens: `app-control`. */
  readonly name: string;
  readonly title: Bilingual;
  /** What it guards against, and what each rung does, in a few sentences. */
  describe(): Bilingual;
  /** The settings of a host where nobody has set any. */
  readonly defaults: Settings;
  /**
   * Checks settings that come from outside.
   * @throws LadderError `bad_settings` saying which setting is wrong
   */
  parse(settings: unknown): Settings;
  /** What the step would change in the system, against how the system is now. Changes nothing. */
  plan(policy: Policy<Settings>): Promise<readonly PlannedChange[]>;
  /** What the settings would have blocked in a past period, had they been enforced. Changes nothing. */
  wouldBlock(settings: Settings, period: Period): Promise<Impact>;
  /**
   * Brings the system to this policy, whole or not at all. It may find the system in any state, also in the middle of
   * an `apply` that a crash has cut short, and doing it twice is doing it once. At `observe` nothing may block.
   * @param signal aborted when the time for it is over
   * @throws Error when it cannot; the system is then as it was before
   */
  apply(policy: Policy<Settings>, signal: AbortSignal): Promise<void>;
  /** Whether the system is as the policy says and the host still does its work. Asked after each step, then regularly. */
  health(policy: Policy<Settings>): Promise<Health>;
  /** Takes back everything that it ever changed in the system; safe to call at any time and twice. */
  undo(): Promise<void>;
  /** Lets go of what lives in this process when the agent ends; what outlives it (firewall rules) may stay. */
  close?(): Promise<void>;
}

/** A refusal or failure of the ladder, for a person. */
export class LadderError extends Error {
  readonly code: LadderErrorCode;
  readonly text: Bilingual;

  constructor(code: LadderErrorCode, text: Bilingual, options?: ErrorOptions) {
    super(text.en, options);
    this.code = code;
    this.text = text;
  }
}

export type LadderErrorCode =
  | 'unknown'
  | 'bad_settings'
  | 'preview_needed'
  | 'skips_audit'
  | 'busy'
  | 'nothing_to_confirm'
  | 'not_recorded'
  | 'step_failed';

/** The words of an error, whoever threw it. */
export function wordsOf(error: unknown): Bilingual {
  if (error instanceof LadderError) return error.text;
  const words = error instanceof Error ? error.message : String(error);
  return { en: words, zh: words };
}

/** Name of a rung for a person. */
export const rungNames: Readonly<Record<Rung, Bilingual>> = {
  observe: { en: 'observe', zh: '观察（observe）' },
  audit: { en: 'audit', zh: '审计（audit）' },
  enforce: { en: 'enforce', zh: '强制（enforce）' },
};
