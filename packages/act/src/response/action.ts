/** What a kind of action is to the responder. */
import type { ActionPlan, Bilingual } from '@redoubt/model';

/**
 * Something that can be done against an attack. A kind knows how to do it and how to take it back; when, for how long
 * and on whose word is the responder's affair.
 *
 * @typeParam Target what it is done to, as JSON
 * @typeParam Undo what must be known to take it back, as JSON
 */
export interface ActionKind<Target = unknown, Undo = unknown> {
  /** Stable, in lower case with hyphens: `isolate-host`. */
  readonly name: string;
  readonly title: Bilingual;
  /** The members of a target, for help. */
  readonly describe: Bilingual;
  /** What becomes of one that a crash has cut short. */
  readonly afterCrash: 'undo' | 'finish';
  /** Its effect does not survive a reboot: where it is gone at a start, it is applied anew. */
  readonly lasting?: true;
  /** Checks a target that comes from outside. @throws ActionError `bad_target` naming the member */
  parse(target: unknown): Target;
  /** What it is done to, in one line: a standing action of this kind and key is the same action. */
  key(target: Target): string;
  /** One sentence: "isolate this host". */
  text(target: Target): Bilingual;
  /** What would happen. Changes nothing. @throws ActionError `refused` when it must not be done */
  plan(target: Target): Promise<ActionPlan>;
  /** Everything that undoing needs, read before anything is changed. @throws ActionError `refused` */
  prepare(target: Target): Promise<Undo>;
  /** Does it; doing it twice, or after half of it, is doing it once. */
  apply(target: Target, undo: Undo): Promise<void>;
  /** Looks whether it is in force. @throws ActionError `not_in_force` saying what is missing */
  verify(target: Target, undo: Undo): Promise<void>;
  /** Takes it back; from any half-done state, and twice is once. Absent: cannot be undone. */
  undo?(target: Target, undo: Undo): Promise<void>;
  /** Dead-man's health: false for too long, and the action is undone by itself. Renews what would lapse without us. */
  alive?(target: Target, undo: Undo): Promise<boolean>;
}

export type ActionErrorCode =
  | 'unknown'
  | 'bad_target'
  | 'refused'
  | 'conflict'
  | 'not_recorded'
  | 'not_in_force'
  | 'cannot_undo'
  | 'failed';

/** A refusal or failure of an action, for a person. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly code: ActionErrorCode;
  readonly text: Bilingual;

  constructor(code: ActionErrorCode, text: Bilingual, options?: ErrorOptions) {
    super(text.en, options);
    this.code = code;
    this.text = text;
  }
}

/** That an action must not be done. */
export function refused(en: string, zh: string): ActionError {
  return new ActionError('refused', { en, zh });
}

/** That an action is not in force although it was applied. */
export function notInForce(en: string, zh: string): ActionError {
  return new ActionError('not_in_force', { en, zh });
}

/** The words of an error, whoever threw it. */
export function wordsOfError(error: unknown): Bilingual {
  const text = (error as { text?: Partial<Bilingual> } | null)?.text;
  if (typeof text?.en === 'string' && typeof text.zh === 'string') return { en: text.en, zh: text.zh };
  const words = error instanceof Error ? error.message : String(error);
  return { en: words, zh: words };
}
