/** Errors in both languages. */
import type { Bilingual } from '@redoubt/model';

/** What an error says: in both languages where it has them, else its message. */
export function inWords(error: unknown): Bilingual {
  if (error instanceof Error && 'text' in error && isBilingual(error.text)) return error.text;
  const text = error instanceof Error ? error.message : String(error);
  return { en: text, zh: text };
}

const isBilingual = (value: unknown): value is Bilingual =>
  typeof value === 'object' && value !== null && 'en' in value && 'zh' in value;
