/**
 * Fills the small disk that is mounted at its argument, in stages, and prints as JSON what each left. To be run
 * in a mount namespace of its own.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { viewOf } from '@redoubt/model';
import { openReader, openRecorder, type RecorderWarning, registerDecoder } from '../../src/index.ts';
import { noiseBatch, sampleEvent, sampleFinding } from './samples.ts';

const [disk = ''] = process.argv.slice(2);
const directory = join(disk, 'recorder');
const filler = join(disk, 'filler');
const warnings: RecorderWarning[] = [];
const options = {
  directory,
  retention: { minFreeBytes: 0, maxBytes: 24 << 20 },
  reserveBytes: 8 << 20,
  maintenanceInterval: 50,
  onWarning: (warning: RecorderWarning) => void warnings.push(warning),
};
registerDecoder('noise', function* (_, { count }) {
  for (let index = 0; index < count; index += 1) yield viewOf(sampleEvent(index));
});

let findings = 0;

/** Appends so many MiB, and a finding with each. */
async function record(recorder: Awaited<ReturnType<typeof openRecorder>>, mebibytes: number): Promise<void> {
  for (let index = 0; index < mebibytes; index += 1) {
    recorder.append(noiseBatch(randomBytes(1 << 20), 10));
    findings += 1;
    recorder.saveFinding(sampleFinding(`f${findings}`));
    await recorder.flush();
  }
}

function fillDisk(): void {
  const file = openSync(filler, 'w');
  try {
    for (const block of [1 << 20, 1 << 12]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(block, 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}

async function report(stage: string, recorder: Awaited<ReturnType<typeof openRecorder>>): Promise<void> {
  const reader = openReader(directory);
  let events = 0;
  let last = 0;
  for await (const { sequence } of reader.events()) {
    events += 1;
    last = sequence;
  }
  const { eventsAppended, eventsDropped, nextSequence } = recorder.stats();
  const { findings: kept } = reader.extent();
  const { bavail, bsize } = statfsSync(disk);
  reader.close();
  const told = warnings.splice(0).map(({ code, active }) => `${code} ${active ? 'on' : 'off'}`);
  const line = {
    stage,
    events,
    isNewest: last === nextSequence - 1,
    eventsAppended,
    eventsDropped,
  };
  console.log(JSON.stringify({ ...line, kept, findings, told, free: bavail * bsize }));
}

const recorder = await openRecorder(options);
await record(recorder, 30);
await report('roomy', recorder);
fillDisk();
await record(recorder, 20);
await report('filled', recorder);
rmSync(filler);
while (!warnings.some(({ active }) => !active)) await new Promise(resolve => setTimeout(resolve, 20));
await record(recorder, 2);
await report('roomy again', recorder);
await recorder.close();
fillDisk();
const again = await openRecorder(options);
await record(again, 5);
await report('started full', again);
await again.close();
