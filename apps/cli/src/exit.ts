/** How the command ends. */
import type { Bilingual } from '@redoubt/model';

/** Exit statuses of every command; `redoubt help` documents them. */
export const ExitCode = {
  ok: 0,
  /** A check failed: an open finding where none was asked for, a drill that was missed, a needed part missing. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** What the command needs is not there: no agent, no record, no systemd. */
  unavailable: 3,
  /** Something unexpected went wrong in Redoubt itself. */
  internal: 4,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A failure that a person can act on, in both languages; ends the command with its exit status. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  readonly text: Bilingual;

  constructor(exitCode: ExitCode, text: Bilingual, options?: ErrorOptions) {
    super(text.en, options);
    this.exitCode = exitCode;
    this.text = text;
  }
}
