/** Memory of a process that judges a log as `redoubt detect` does: read from the disk, piece by piece. */
import { createReadStream } from 'node:fs';
import { createDetector } from '@redoubt/detect';
import { readLog } from '@redoubt/observe/log';
import type { Memory, Rules } from '../job.ts';
import { loadRules } from './rules.ts';

/** Loads the rules and judges the file once. */
export async function measureMemory(rules: Rules, path: string): Promise<Memory> {
  const before = process.memoryUsage.rss();
  const detector = createDetector(await loadRules(rules), { onFinding: () => undefined });
  const reader = readLog(createReadStream(path, { highWaterMark: 128 * 1024 }), { name: path });
  for await (const batch of reader.batches()) for (const record of batch) detector.evaluateRecord(record);
  return { peak: process.resourceUsage().maxRSS * 1024, before };
}
