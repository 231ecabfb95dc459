import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindNames } from '@redoubt/kernel';
import { buildEvent, decodeJsonLines } from '@redoubt/model';
import fc from 'fast-check';
import { batchHeaderSize, encodeBatch } from '../../src/event/stored-batch.ts';
import { decodeBatchHeader, decodeStored, jsonBatch } from '../../src/index.ts';

const boot = '01234567-89ab-4cde-8f01-23456789abcd';
const nothing = { lookupProcess: () => undefined };

/** A record of kind `file.unlink` without sections, as packages/kernel/native/record.h has it. */
function bareRecord(pid: number): Buffer {
  const record = Buffer.alloc(48);
  record.writeUInt16LE(48, 0);
  record.writeUInt16LE(kindNames.indexOf('file.unlink'), 2);
  record.writeBigUInt64LE(5_000_000_000n, 8);
  record.writeUInt32LE(pid, 16);
  record.writeUInt32LE(pid, 20);
  record.writeBigUInt64LE(1_230_000_000n, 24);
  record.writeUInt32LE(1000, 32);
  record.writeInt32LE(-2, 36);
  return record;
}

test('the header keeps the boot and its epoch', () => {
  const bytes = encodeBatch(bareRecord(7), 1_700_000_000_000.25, boot);
  const header = decodeBatchHeader(bytes);
  assert.equal(header.bootEpoch, 1_700_000_000_000.25);
  assert.equal(header.bootId, boot);
  assert.equal(header.records.length, 48);
});

test('an event whose process nobody remembers still has pid, identity, user and error', () => {
  const bytes = encodeBatch(bareRecord(7), 1_700_000_000_000, boot);
  const [view, ...others] = decodeStored(bytes, nothing);
  assert.deepEqual(others, []);
  assert.equal(view?.kind, 'file.unlink');
  assert.equal(view?.time, 1_700_000_005_000);
  assert.equal(view?.get('actor.process.uid'), '7:123');
  assert.equal(view?.get('actor.process.user.uid'), '1000');
  assert.equal(view?.get('status_code'), 'ENOENT');
  const event = view?.toEvent();
  assert.equal(event?.actor?.process.created_time, 1_700_000_001_230);
  assert.equal(event?.status_id, 2);
});

test('bytes that are no batch, or of another layout, are refused with words', () => {
  assert.throws(() => decodeBatchHeader(new Uint8Array(10)), /no stored batch/);
  const other = encodeBatch(bareRecord(7), 0, boot);
  other[4] = 99;
  assert.throws(() => decodeBatchHeader(other), /record layout 99/);
  const torn = encodeBatch(bareRecord(7).subarray(0, 47), 0, boot);
  assert.throws(() => [...decodeStored(torn, nothing)], /kernel record at byte 0/);
});

test('whatever the bytes: events, or an error that says what is wrong', () => {
  const valid = encodeBatch(Buffer.concat([bareRecord(1), bareRecord(2)]), 1, boot);
  const change = fc.tuple(fc.integer({ min: batchHeaderSize, max: valid.length - 1 }), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), changes => {
      const bytes = Uint8Array.from(valid);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        for (const view of decodeStored(bytes, nothing)) JSON.stringify(view.toEvent());
      } catch (error) {
        assert.match(String(error), /RecordError/);
      }
    }),
    { numRuns: 2000 },
  );
});

test('plain events survive as JSON lines', () => {
  const events = [
    buildEvent('sensor.loss', 5, { count: 3, message: 'line\nbreak' }),
    buildEvent('file.create', 9, { file: { path: '/tmp/\u2028x' } }),
  ];
  const batch = jsonBatch(events);
  assert.deepEqual([batch.count, batch.firstTime, batch.lastTime], [2, 5, 9]);
  assert.deepEqual(batch.kinds, ['sensor.loss', 'file.create']);
  assert.deepEqual(
    [...decodeJsonLines(batch.bytes)].map(view => view.toEvent()),
    events,
  );
  assert.throws(() => [...decodeJsonLines(Buffer.from('{"metadata":{"event_code":"x"}}\n'))], /unknown kind/);
});
