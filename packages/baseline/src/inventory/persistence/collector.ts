/** The collector of the persistence inventory: every source, one after the other. */
import type { StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector } from '../../collector.ts';
import { Host } from '../host.ts';
import { inventoryTitles } from '../titles.ts';
import { persistenceSources } from './all.ts';
import { persistenceEntry } from './facts.ts';
import { judgePersistence } from './judge.ts';
import type { PersistenceSource } from './source.ts';

/** Entries that one source may give. */
const mostEntries = 100_000;

/** A collector of some sources; of all of them as `persistenceCollector`. */
export function persistenceCollectorOf(sources: readonly PersistenceSource[]): Collector {
  return {
    name: 'persistence',
    title: inventoryTitles.persistence,
    async *collect(options: CollectOptions): AsyncGenerator<StateEntry> {
      const host = new Host(options);
      const seen = new Set<string>();
      let done = 0;
      for (const source of sources) {
        let given = 0;
        for (const item of source.collect(host)) {
          options.signal?.throwIfAborted();
          if (++given > mostEntries) {
            const text = {
              en: `more than ${mostEntries} items; the rest is left out`,
              zh: `超过 ${mostEntries} 项，其余略去`,
            };
            options.onTrouble?.({ key: source.kind, text });
            break;
          }
          const entry = await persistenceEntry(host, source, item);
          if (seen.has(entry.key)) continue;
          seen.add(entry.key);
          options.onProgress?.(++done);
          yield entry;
        }
      }
    },
    judge: judgePersistence,
  };
}

export const persistenceCollector: Collector = persistenceCollectorOf(persistenceSources);
