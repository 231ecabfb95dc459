/** What can go wrong with evidence, in words for people. */
import type { Bilingual } from '@redoubt/model';

export type EvidenceErrorCode =
  /** The output is there already, or cannot be written. */
  | 'output'
  /** No room, or the limit is reached. */
  | 'space'
  /** A key or recipient that is none, or does not open the container. */
  | 'key'
  /** Not a container, damaged, or changed. */
  | 'container'
  /** The plan of an unfinished collection is another one. */
  | 'plan'
  /** Indicators that are none. */
  | 'indicators';

/** A failure that names the thing and the place, in both languages. */
export class EvidenceError extends Error {
  readonly code: EvidenceErrorCode;
  readonly text: Bilingual;

  constructor(code: EvidenceErrorCode, text: Bilingual, options?: ErrorOptions) {
    super(text.en, options);
    this.code = code;
    this.text = text;
  }
}

/** The words of any error. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
