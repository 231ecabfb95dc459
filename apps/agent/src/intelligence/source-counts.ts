/** How many indicators each source has. */
import type { IndicatorKind, IndicatorSet } from '@redoubt/detect/intelligence';

/** Indicators by kind, for each source of a set by its number. A few nanoseconds an indicator. */
export function countSources({ sources, tables, metadata }: IndicatorSet): Record<string, number>[] {
  const counts = sources.map((): Record<string, number> => ({}));
  for (const kind of Object.keys(tables) as IndicatorKind[]) {
    const table = tables[kind];
    const ofKind = new Uint32Array(sources.length);
    for (let entry = 0; entry < table.count; entry++) {
      const source = metadata.sourceOf(table.metaOf(entry));
      ofKind[source] = (ofKind[source] ?? 0) + 1;
    }
    ofKind.forEach((number, source) => {
      const of = counts[source];
      if (number > 0 && of !== undefined) of[kind] = number;
    });
  }
  return counts;
}
