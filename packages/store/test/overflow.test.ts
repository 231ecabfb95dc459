/** A disk that does not keep up: the oldest events are dropped, counted exactly, and rows never. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { openReader, openRecorder, type RecorderWarning } from '../src/index.ts';
import { lossCodes, noiseBatch, sampleFinding, sampleProcess, temporaryFolder } from './support/samples.ts';

test('more than the queue holds at once', async context => {
  const directory = temporaryFolder();
  const warnings: RecorderWarning[] = [];
  const recorder = await openRecorder({
    directory,
    maxQueueBytes: 4 << 20,
    onWarning: warning => warnings.push(warning),
  });
  context.after(() => recorder.close());
  // Without a pause the writer's answers cannot be taken: whatever the disk does, the queue must overflow.
  const bytes = randomBytes((1 << 20) - 100);
  for (let index = 0; index < 30; index += 1) {
    recorder.append(noiseBatch(bytes, 7));
    recorder.saveProcesses([sampleProcess(index)]);
    recorder.saveFinding(sampleFinding(`f${index}`));
  }
  await recorder.flush();
  const { eventsAppended, eventsWritten, eventsDropped } = recorder.stats();
  assert.equal(eventsAppended, 210);
  assert.ok(eventsDropped > 0);
  assert.equal(eventsWritten + eventsDropped, eventsAppended);
  await recorder.flush();
  const reader = openReader(directory);
  context.after(() => reader.close());
  const extent = reader.extent();
  assert.deepEqual([extent.findings, extent.processes], [30, 30]);
  assert.equal(extent.events, eventsWritten);
  assert.equal(extent.lastSequence, 210, 'the newest are kept');
  assert.deepEqual(
    warnings.map(({ code, active }) => [code, active]),
    [
      ['queue-full', true],
      ['queue-full', false],
    ],
  );
  assert.deepEqual(await lossCodes(reader), ['queue-full']);
  assert.equal((await reader.losses())[0]?.events_lost, eventsDropped);
});
