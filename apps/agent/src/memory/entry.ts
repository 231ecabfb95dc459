/**
 * The child that checks memory: `entry.ts [PID…]`; prints one line of JSON for each process with something to tell,
 * and at the end how many were looked at.
 */
import { MemoryChecker } from '@redoubt/baseline/memory';

const pids = process.argv.slice(2).map(Number);
// Between two processes it rests, so that a check of all is spread over time.
const checker = new MemoryChecker({ pace: pids.length > 0 ? 0 : 20 });
let looked = 0;
for await (const check of checker.checkAll(pids.length > 0 ? pids : undefined)) {
  looked++;
  if (check.observations.length > 0) process.stdout.write(`${JSON.stringify(check)}\n`);
}
process.stdout.write(`${JSON.stringify({ looked })}\n`);
checker.close();
