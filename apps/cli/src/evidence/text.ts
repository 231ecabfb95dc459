/** Words about evidence. */
import type { Bilingual } from '@redoubt/model';
import { type StepStatus, statusNames } from '@redoubt/prove/evidence';

const columns = Math.max(...Object.values(statusNames).map(({ en }) => en.length));

/** How a step ended; in English as wide as every other. */
export function statusName(status: StepStatus): Bilingual {
  const { en, zh } = statusNames[status];
  return { en: en.padEnd(columns), zh };
}
