/** A set without some of its entries: tables only grow, so that it is built anew. */
import { type Hit, IndicatorSet, type SourceInfo } from './indicator-set.ts';

/**
 * A new set with the entries for which `keeps` holds, and with every source but one.
 * @param now seconds since the Unix epoch; what has expired by then is left out
 * @param dropped name of the source that goes
 */
export function rebuild(
  set: IndicatorSet,
  now: number,
  keeps: (hit: Hit, source: SourceInfo) => boolean,
  dropped?: string,
): IndicatorSet {
  const next = new IndicatorSet();
  next.sources = set.sources.filter(source => source.name !== dropped);
  const numbers = set.sources.map(source => next.sources.indexOf(source));
  for (const hit of set.hits()) {
    const table = set.tables[hit.kind];
    const { meta, from, until, added } = table.facts(hit.entry);
    const source = numbers[set.metadata.sourceOf(meta)] ?? -1;
    const info = next.sources[source];
    if (info === undefined || until <= now || !keeps(hit, info)) continue;
    next.add(set.keyOf(hit), { ...set.metadata.get(meta), source, from, until, added });
  }
  return next;
}
