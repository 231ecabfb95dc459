/** Why a golden state cannot be used. */
import type { Bilingual } from '@redoubt/model';

/**
 * `torn`: not a whole state file; `digest`, `signature`, `unsigned`: not what was signed; `key`: a key that must not
 * be used; `policy`, `version`, `host`: made under other conditions; `missing`: there is none; `write`: no room or
 * no permission.
 */
export type StateErrorCode =
  | 'torn'
  | 'digest'
  | 'signature'
  | 'unsigned'
  | 'key'
  | 'policy'
  | 'version'
  | 'host'
  | 'missing'
  | 'write';

/** A golden state is refused or cannot be made; both languages name the thing and the place. */
export class StateError extends Error {
  readonly code: StateErrorCode;
  readonly text: Bilingual;

  constructor(code: StateErrorCode, text: Bilingual, options?: ErrorOptions) {
    super(text.en, options);
    this.code = code;
    this.text = text;
  }
}

/** The failure to write a file. */
export function writeError(file: string, cause: unknown): StateError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new StateError(
    'write',
    { en: `${file} cannot be written: ${words}`, zh: `无法写入 ${file}：${words}` },
    { cause },
  );
}
