/** Reads and verifies the whole journal in a thread that ends: millions of signatures must not hold up the agent. */
import '../host/quiet-thread.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { verifyJournal } from '@redoubt/prove/journal';
import type { JournalAnswer, JournalItem } from './contract.ts';

const { folder, keep } = workerData as { folder: string; keep: number };
/** Faults that are told one by one. */
const mostFaults = 50;

let newest: JournalItem[] = [];
const report = await verifyJournal(folder, {
  onEntry: (entry, seq) => {
    newest.push({ seq, entry });
    if (newest.length >= 2 * keep) newest = newest.slice(-keep);
  },
});
const { faults } = report;
parentPort?.postMessage({
  items: newest.slice(-keep).reverse(),
  verification: {
    time: Date.now(),
    intact: faults.length === 0,
    ...(report.journal !== undefined && { identity: report.journal }),
    entries: report.entries,
    lines: report.head.seq,
    faults: faults.slice(0, mostFaults),
    more_faults: Math.max(0, faults.length - mostFaults),
  },
} satisfies JournalAnswer);
