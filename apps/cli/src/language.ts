/** Which language the command speaks. */
import type { Bilingual } from '@redoubt/model';

export type Language = keyof Bilingual;

/** Whether `name` is a language that Redoubt speaks. */
export function isLanguage(name: string): name is Language {
  return name === 'en' || name === 'zh';
}

/**
 * The language of the environment: LC_ALL, LC_MESSAGES, LANG, the first that is set (POSIX, section 8.2).
 * Everything that is not Chinese is English.
 */
export function languageOf(environment: NodeJS.ProcessEnv): Language {
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return /^zh([_.@-]|$)/i.test(locale) ? 'zh' : 'en';
}
