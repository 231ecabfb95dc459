/** Every kind of golden state that Redoubt ships. Each is loaded when it is asked for. */
import type { Bilingual } from '@redoubt/model';
import type { Collector } from './collector.ts';
import { type InventoryName, inventoryTitles } from './inventory/titles.ts';

/** What a collector may be told when it is made. */
export interface CollectorSettings {
  /** Folder of the data that Redoubt ships (`content`). */
  readonly content: string;
  /** Text of the policy of files, in place of the shipped one. */
  readonly filePolicy?: string;
}

/** A kind of golden state, before it is loaded. */
export interface CollectorEntry {
  readonly name: string;
  readonly title: Bilingual;
  load(settings: CollectorSettings): Promise<Collector>;
}

const inventory = Object.entries(inventoryTitles).map(
  ([name, title]): CollectorEntry => ({
    name,
    title,
    load: async () => (await import('./inventory/collectors.ts')).inventoryCollector(name as InventoryName),
  }),
);

export const collectors: readonly CollectorEntry[] = [
  {
    name: 'files',
    title: { en: 'Files', zh: '文件' },
    load: async settings => (await import('./files/collector.ts')).filesCollector(settings),
  },
  ...inventory,
];
