/**
 * The child that checks memory: `entry.ts GOLDEN VAULT [PID…]`; prints one line of JSON for each process with something
 * to tell, and at the end how many were looked at. GOLDEN is a file of golden code, which need not be there; one that is
 * not as a key of VAULT signed it is told and not used.
 */
import { existsSync } from 'node:fs';
import { type GoldenText, MemoryChecker, parseGolden } from '@redoubt/baseline/memory';
import { inWords } from '../words.ts';

const [, , goldenFile = '', vault = '', ...words] = process.argv;
const pids = words.map(Number);

async function readGolden(): Promise<GoldenText | undefined> {
  if (!existsSync(goldenFile)) return undefined;
  try {
    const { readGoldenFile, Vault } = await import('@redoubt/baseline');
    return parseGolden((await readGoldenFile(goldenFile, await new Vault(vault).verifiers())).toString());
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: inWords(error) })}\n`);
    return undefined;
  }
}

const golden = await readGolden();
// Between two processes it rests, so that a check of all is spread over time.
const checker = new MemoryChecker({ pace: pids.length > 0 ? 0 : 20, ...(golden && { golden }) });
let looked = 0;
for await (const check of checker.checkAll(pids.length > 0 ? pids : undefined)) {
  looked++;
  if (check.observations.length > 0) process.stdout.write(`${JSON.stringify(check)}\n`);
}
process.stdout.write(`${JSON.stringify({ looked })}\n`);
checker.close();
