/** A set without some of its entries: tables only grow, so that it is built anew. */
import { type Hit, IndicatorSet, type SourceInfo } from './indicator-set.ts';

/**
 * A new set with the entries for which `keeps` holds, and with the sources that still have any.
 * @param now seconds since the Unix epoch; what has expired by then is left out
 */
export function rebuild(
  set: IndicatorSet,
  now: number,
  keeps: (hit: Hit, source: SourceInfo) => boolean,
): IndicatorSet {
  const next = new IndicatorSet();
  const numbers = new Map<number, number>();
  for (const hit of set.hits()) {
    const table = set.tables[hit.kind];
    const { meta, from, until, added } = table.facts(hit.entry);
    const source = set.metadata.sourceOf(meta);
    const info = set.sources[source];
    if (info === undefined || until <= now || !keeps(hit, info)) continue;
    let number = numbers.get(source);
    if (number === undefined) {
      number = next.sources.push(info) - 1;
      numbers.set(source, number);
    }
    next.add(set.keyOf(hit), { ...set.metadata.get(meta), source: number, from, until, added });
  }
  return next;
}
