/**
 * The child that checks memory: `entry.ts GOLDEN [PID…]`; prints one line of JSON for each process with something to
 * tell, and at the end how many were looked at. GOLDEN is a file of golden code, which need not be there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { MemoryChecker, parseGolden } from '@redoubt/baseline/memory';

const [, , goldenFile = '', ...words] = process.argv;
const pids = words.map(Number);
const golden = existsSync(goldenFile) ? parseGolden(readFileSync(goldenFile, 'utf8')) : undefined;
// Between two processes it rests, so that a check of all is spread over time.
const checker = new MemoryChecker({ pace: pids.length > 0 ? 0 : 20, ...(golden && { golden }) });
let looked = 0;
for await (const check of checker.checkAll(pids.length > 0 ? pids : undefined)) {
  looked++;
  if (check.observations.length > 0) process.stdout.write(`${JSON.stringify(check)}\n`);
}
process.stdout.write(`${JSON.stringify({ looked })}\n`);
checker.close();
