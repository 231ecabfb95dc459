/** The languages. A text that one of them lacks is a type error. */
import type { ProcessFlag } from '../api/contract.ts';
import type { en } from './en/index.ts';

type Widen<T> = T extends string
  ? string
  : T extends (...args: infer Arguments) => string
    ? (...args: Arguments) => string
    : { readonly [Key in keyof T]: Widen<T[Key]> };

/** Every text of the page. */
export type Dictionary = Widen<typeof en> & { process: { flag: Record<ProcessFlag, string> } };

export const languages = ['zh', 'en'] as const;
export type Language = (typeof languages)[number];
