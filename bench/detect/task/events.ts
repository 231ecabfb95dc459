/** The events of a measurement, as often as they are wanted. */
import { readFile } from 'node:fs/promises';
import type { Detector } from '@redoubt/detect';
import type { EventView } from '@redoubt/model';
import { decodeStored, kernelBatchFormat } from '@redoubt/observe';
import { type LogRecord, readLog } from '@redoubt/observe/log';
import { openReader, registerDecoder } from '@redoubt/store';
import type { Events } from '../job.ts';
import { pieces } from './pieces.ts';

/** Events that can be gone through again and again, each time from their raw form. */
export interface Replay {
  /** Hands each event to a detector, from the raw form: parsing or decoding is part of it. @returns how many */
  judge(detector: Detector): Promise<number>;
  /** The first events, each with what hands it to a detector. */
  first(count: number): Promise<((detector: Detector) => void)[]>;
}

async function lines(path: string, format: 'winlogbeat' | 'ocsf' | undefined): Promise<Replay> {
  const bytes = await readFile(path);
  const read = () => readLog(pieces(bytes), { name: path, ...(format && { format }), timezone: 'UTC' });
  return {
    async judge(detector) {
      let count = 0;
      for await (const batch of read().batches()) {
        for (const record of batch) detector.evaluateRecord(record);
        count += batch.length;
      }
      return count;
    },
    async first(count) {
      const records: LogRecord[] = [];
      for await (const record of read()) {
        records.push(record);
        if (records.length === count) break;
      }
      return records.map(record => detector => detector.evaluateRecord(record));
    },
  };
}

/**
 * What an agent recorded, decoded anew each time. Only the batches as the kernel wrote them are taken, and their
 * processes are looked up once.
 */
async function recorded(state: string, only: 'process.exec' | undefined): Promise<Replay> {
  const batches: Uint8Array[] = [];
  const processes = new Map<string, ReturnType<Parameters<typeof decodeStored>[1]['lookupProcess']>>();
  let lookup: Parameters<typeof decodeStored>[1]['lookupProcess'] = () => undefined;
  registerDecoder(kernelBatchFormat, (bytes, context) => {
    batches.push(Uint8Array.from(bytes));
    lookup = (_boot, uid, time) => context.processAt(uid, time);
    return decodeStored(bytes, { lookupProcess: lookup });
  });
  const reader = openReader(state);
  for await (const _ of reader.events({ limit: 10_000_000 }));
  const lookupProcess: typeof lookup = (boot, uid, time) => {
    const known = processes.get(uid);
    if (known !== undefined) return known;
    const found = lookup(boot, uid, time);
    processes.set(uid, found);
    return found;
  };
  const wanted = (view: EventView): boolean => only === undefined || view.kind === only;
  return {
    async judge(detector) {
      let count = 0;
      for (const bytes of batches) {
        for (const view of decodeStored(bytes, { lookupProcess })) {
          if (!wanted(view)) continue;
          detector.evaluate(view);
          count++;
        }
      }
      return count;
    },
    async first(count) {
      const views: EventView[] = [];
      for (const bytes of batches) {
        for (const view of decodeStored(bytes, { lookupProcess })) if (wanted(view)) views.push(view);
        if (views.length >= count) break;
      }
      return views.slice(0, count).map(view => detector => detector.evaluate(view));
    },
  };
}

/** Opens the events of a job. */
export function openEvents(events: Events): Promise<Replay> {
  return 'lines' in events ? lines(events.lines, events.format) : recorded(events.recorder, events.only);
}
