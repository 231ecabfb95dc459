/** The inventory: what starts by itself, and the states of accounts, services, network, kernel and certificates. */
export { inventoryCollector, inventoryCollectors, liveCollectors } from './collectors.ts';
export { persistenceSources } from './persistence/all.ts';
export { persistenceCollector, persistenceCollectorOf } from './persistence/collector.ts';
export { remarksOf } from './persistence/judge.ts';
export type { PersistenceItem, PersistenceSource, Remark } from './persistence/source.ts';
export { type InventoryName, inventoryTitles } from './titles.ts';
