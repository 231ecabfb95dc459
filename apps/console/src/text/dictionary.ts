/** The languages. A text that one of them lacks is a type error. */
import type { ProcessFlag } from '../api/contract.ts';
import type { en } from './en/index.ts';
import type { Widen } from './widen.ts';

/** Every text of the page. */
export type Dictionary = Widen<typeof en> & { process: { flag: Record<ProcessFlag, string> } };

export const languages = ['zh', 'en'] as const;
export type Language = (typeof languages)[number];
