/** Collects one state of the inventory as it is now, in a thread that ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { inventoryCollector, remarksOf } from '@redoubt/baseline/inventory';
import type { InventoryName } from '@redoubt/baseline/inventory-titles';
import type { InventoryEntry, InventoryListing } from './contract.ts';

const { name } = workerData as { name: InventoryName };
/** Entries and troubles that are sent; the rest is counted. */
const mostEntries = 5_000;
const mostTroubles = 50;

const collector = inventoryCollector(name);
const items: InventoryEntry[] = [];
const troubles: InventoryListing['troubles'] = [];
let total = 0;
for await (const { key, facts } of collector.collect({
  root: '/',
  onTrouble: trouble => troubles.length < mostTroubles && troubles.push(trouble),
})) {
  total++;
  if (items.length >= mostEntries) continue;
  const remarks = name === 'persistence' ? remarksOf(facts).filter(({ weight }) => weight > 0) : [];
  items.push({ key, facts, ...(remarks.length > 0 && { remarks: remarks.map(({ text }) => text) }) });
}
items.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
parentPort?.postMessage({
  name,
  title: collector.title,
  time: Date.now(),
  items,
  more: total - items.length,
  troubles,
} satisfies InventoryListing);
