/** Changes of a set's file that read no feed. */
import { readIndicators, writeIndicators } from './file.ts';
import { IndicatorSet } from './indicator-set.ts';
import { rebuild } from './rebuild.ts';

export interface Trim {
  /** Source to take away. */
  readonly source?: string;
  /** Take away what has expired by then, milliseconds since the Unix epoch. */
  readonly expiredBy?: number;
}

/** Takes indicators away from a set's file. @returns how many */
export async function trimIndicators(path: string, { source, expiredBy = 0 }: Trim): Promise<number> {
  const set = (await readIndicators(path)) ?? new IndicatorSet();
  const next = rebuild(set, Math.floor(expiredBy / 1000), () => true, source);
  await writeIndicators(path, next);
  return set.count() - next.count();
}
