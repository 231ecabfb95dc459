/** Code and indicators of threat intelligence, once they are needed. */
import type { IndicatorLibrary, IndicatorMatcher } from '@redoubt/detect/intelligence';

/** A host without feeds has nothing of this in memory, so the code is not imported before. */
export interface Opened {
  readonly code: typeof import('@redoubt/detect/intelligence');
  readonly library: IndicatorLibrary;
  readonly matcher: IndicatorMatcher;
}
