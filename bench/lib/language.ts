/** Texts for people, in the language that the launcher takes too. */

const wanted =
  process.env['REDOUBT_LANG'] ??
  (process.env['LC_ALL'] || process.env['LC_MESSAGES'] || process.env['LANG'] || '');

/** A text in both languages of the product. */
export interface Text {
  en: string;
  zh: string;
}

/** Language of the terminal. */
export type Language = keyof Text;

/** The language of this terminal: Chinese if the environment asks for it, else English. */
export const language: Language = wanted.startsWith('zh') ? 'zh' : 'en';

/** A line of progress, on standard error so that `--json` stays clean. */
export function say(en: string, zh: string): void {
  process.stderr.write(`${language === 'zh' ? zh : en}\n`);
}
