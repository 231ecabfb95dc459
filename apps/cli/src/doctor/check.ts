/** What a check is: one fact about this host, and what it costs when it is not so. */
import type { Bilingual } from '@redoubt/model';

/**
 * `ok` — it works; `limited` — Redoubt runs, but sees or does less; `missing` — the agent cannot do its main
 * work without it; `info` — worth knowing, costs nothing.
 */
export type CheckState = 'ok' | 'limited' | 'missing' | 'info';

/** What a check found. */
export interface CheckResult {
  readonly id: string;
  readonly name: Bilingual;
  readonly state: CheckState;
  /** What was found, in words. */
  readonly found: Bilingual;
  /** What it costs that it is so; absent when it costs nothing. */
  readonly cost?: Bilingual;
  /** What to do about it. */
  readonly remedy?: Bilingual;
}

/** One or several related checks; never throws for what this host lacks. */
export type Check = () => Promise<CheckResult | readonly CheckResult[]>;

/** The same words in both languages: names, versions, paths. */
export function same(text: string): Bilingual {
  return { en: text, zh: text };
}

export const present: Bilingual = { en: 'available', zh: '可用' };
export const absent: Bilingual = { en: 'not available', zh: '不可用' };
