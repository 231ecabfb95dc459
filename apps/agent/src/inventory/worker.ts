/** One look at the start-up items in a thread of its own, so that what it loads leaves the agent again. */
import '../host/quiet-thread.ts';
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { writeWhole } from '@redoubt/baseline';
import { persistenceCollectorOf, persistenceSources } from '@redoubt/baseline/inventory';
import { changesSince, readMemory, remembered } from './memory.ts';
import type { LookOrder, LookReport } from './part.ts';

const { path, root, kinds } = workerData as LookOrder;
/** Troubles that are told; the rest is counted. */
const mostTroubles = 64;

let before: ReturnType<typeof readMemory>;
let damage: string | undefined;
try {
  before = readMemory(path);
} catch (error) {
  damage = error instanceof Error ? error.message : String(error);
}

// Without a memory everything is learned, whatever was asked for.
const sources =
  kinds === undefined || before === undefined
    ? persistenceSources
    : persistenceSources.filter(({ kind }) => kinds.includes(kind));
const collector = persistenceCollectorOf(sources);
const troubles: LookReport['troubles'] = [];
const looked = [];
for await (const entry of collector.collect({
  root,
  onTrouble: trouble => troubles.length < mostTroubles && troubles.push(trouble),
}))
  looked.push(entry);
const isWhole = sources === persistenceSources;
const kindsLooked = new Set(sources.map(({ kind }) => kind));
const others = (before?.entries ?? []).filter(({ facts }) => !kindsLooked.has(String(facts['kind'])));
const entries = isWhole ? looked : [...others, ...looked];

const changes = before === undefined ? [] : changesSince(before.entries, entries);
const judged = changes.flatMap(change => {
  const judgement = collector.judge(change);
  return judgement === undefined ? [] : [{ change, judgement }];
});
// What is found is remembered only once it has been told of: an agent that is killed in between tells it again.
const told = once(parentPort as MessagePort, 'message');
parentPort?.postMessage({
  items: entries.length,
  judged,
  troubles,
  isFirst: before === undefined,
  isWhole,
  damage,
} satisfies LookReport);
await told;
await writeWhole(path, JSON.stringify(remembered(before, entries, Date.now())));
parentPort?.close();
