/** Megabytes of EVTX a second: only read, and judged. */
import { readFile } from 'node:fs/promises';
import { createDetector, type Detector } from '@redoubt/detect';
import { readLog } from '@redoubt/observe/log';
import type { Evtx, Rules } from '../job.ts';
import { pieces } from './pieces.ts';
import { processorSeconds } from './processor.ts';
import { loadRules } from './rules.ts';

async function pass(bytes: Buffer, detector: Detector | undefined): Promise<number> {
  const reader = readLog(pieces(bytes), { name: 'bench.evtx', format: 'evtx' });
  for await (const batch of reader.batches()) {
    if (detector !== undefined) for (const record of batch) detector.evaluateRecord(record);
  }
  const [damage] = reader.statistics.damage;
  if (damage !== undefined) throw new Error(`the EVTX file of the benchmark is damaged: ${damage.reason}`);
  return reader.statistics.records;
}

async function rateOf(bytes: Buffer, detector: Detector | undefined, seconds: number): Promise<number> {
  await pass(bytes, detector);
  let passes = 0;
  let spent = 0;
  while (spent < seconds) {
    spent += await processorSeconds(async () => void (await pass(bytes, detector)));
    passes++;
  }
  return (passes * bytes.length) / spent;
}

/** Reads the file again and again for `seconds` of processor time, then judges it for as long. */
export async function measureEvtx(rules: Rules, file: string, seconds: number): Promise<Evtx> {
  const detector = createDetector(await loadRules(rules), { onFinding: () => undefined });
  const bytes = await readFile(file);
  const records = await pass(bytes, undefined);
  return {
    bytes: bytes.length,
    records,
    readPerSecond: await rateOf(bytes, undefined, seconds),
    judgedPerSecond: await rateOf(bytes, detector, seconds),
  };
}
