/** Why an update is not taken. */
import type { Bilingual } from '@redoubt/model';

/**
 * Kinds of refusal. The names of attacks are those of the TUF specification, section 1.5.2.
 * `rollback` older than what is trusted; `freeze` an expired promise, so that news may be withheld;
 * `mix_and_match` parts that were never published together; `wrong_key` no signature of a trusted key;
 * `threshold` too few of them; `endless_data` longer than announced or allowed; `truncated` shorter.
 */
export type RefusalCode =
  | 'rollback'
  | 'freeze'
  | 'mix_and_match'
  | 'wrong_key'
  | 'threshold'
  | 'endless_data'
  | 'truncated'
  | 'malformed'
  | 'missing'
  | 'unreachable'
  | 'not_trusted_yet'
  | 'withdrawn_here'
  | 'check_failed';

/** An update that was refused; what was installed before goes on working. */
export class UpdateRefused extends Error {
  override readonly name = 'UpdateRefused';
  readonly code: RefusalCode;
  /** What it was about: a path in the repository. */
  readonly subject: string;
  readonly text: Bilingual;

  constructor(code: RefusalCode, subject: string, en: string, zh: string, options?: ErrorOptions) {
    super(`${subject}: ${en}`, options);
    this.code = code;
    this.subject = subject;
    this.text = { en: `${subject}: ${en} (${code})`, zh: `${subject}：${zh}（${code}）` };
  }
}
