/** One look at the start-up items in a thread of its own, so that what it loads leaves the agent again. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { writeWhole } from '@redoubt/baseline';
import { persistenceCollector } from '@redoubt/baseline/inventory';
import { changesSince, readMemory, remembered } from './memory.ts';
import type { LookReport } from './part.ts';

const { path, root } = workerData as { path: string; root: string };
/** Troubles that are told; the rest is counted. */
const mostTroubles = 64;

const troubles: LookReport['troubles'] = [];
const entries = [];
for await (const entry of persistenceCollector.collect({
  root,
  onTrouble: trouble => troubles.length < mostTroubles && troubles.push(trouble),
}))
  entries.push(entry);

let before: ReturnType<typeof readMemory>;
let damage: string | undefined;
try {
  before = readMemory(path);
} catch (error) {
  damage = error instanceof Error ? error.message : String(error);
}
const changes = before === undefined ? [] : changesSince(before.entries, entries);
const judged = changes.flatMap(change => {
  const judgement = persistenceCollector.judge(change);
  return judgement === undefined ? [] : [{ change, judgement }];
});
// What is found is remembered only once it has been told of: an agent that is killed in between tells it again.
const told = once(parentPort as MessagePort, 'message');
parentPort?.postMessage({
  items: entries.length,
  judged,
  troubles,
  isFirst: before === undefined,
  damage,
} satisfies LookReport);
await told;
await writeWhole(path, JSON.stringify(remembered(before, entries, Date.now())));
parentPort?.close();
