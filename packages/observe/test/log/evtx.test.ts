/** EVTX: whole files, and files that are torn, truncated, or made to do harm. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestEvent, writeEvtx } from './support/evtx-writer.ts';
import { readAll } from './support/read.ts';

const count = 900;
const events: TestEvent[] = Array.from({ length: count }, (_, index) => ({
  provider: 'Microsoft-Windows-Security-Auditing',
  eventId: 4624,
  channel: 'Security',
  computer: 'DC1.example',
  time: new Date(1_714_564_800_000 + index),
  data: { TargetUserName: `user${index}`, LogonType: 3, IpAddress: '192.0.2.7', Blob: Buffer.of(1, 254) },
}));
const file = writeEvtx(events);
const chunksInFile = (file.length - 4096) / 65_536;

function users(records: readonly { field(name: string): unknown }[]): unknown[] {
  return records.map(record => record.field('TargetUserName'));
}

test('a whole file of several chunks', async () => {
  assert.ok(chunksInFile >= 3);
  const { records, reader } = await readAll(file, { chunk: 10_000 });
  assert.equal(reader.format, 'evtx');
  assert.deepEqual(reader.statistics.damage, []);
  assert.deepEqual(
    users(records),
    events.map((_, index) => `user${index}`),
  );
  const [first] = records;
  assert.equal(first?.time, 1_714_564_800_000);
  assert.equal(first?.field('EventID'), 4624);
  assert.equal(first?.field('EventRecordID'), 1);
  assert.equal(first?.field('Provider_Name'), 'Microsoft-Windows-Security-Auditing');
  assert.equal(first?.field('Blob'), '01FE');
  assert.equal(first?.kind, 'auth.logon');
  assert.equal(first?.get('src_endpoint.ip'), '192.0.2.7');
});

test('a truncated file keeps the records before the end', async () => {
  const { records, reader } = await readAll(file.subarray(0, 4096 + 65_536 + 20_000));
  const whole = await readAll(file.subarray(0, 4096 + 65_536));
  assert.ok(records.length > whole.records.length);
  assert.ok(reader.statistics.damage.some(({ reason }) => reason === 'EVTX file ends within a chunk'));
  assert.deepEqual(
    users(records),
    users(records).map((_, index) => `user${index}`),
  );
});

test('a destroyed chunk is passed over, the next one read', async () => {
  const torn = Buffer.from(file);
  torn.fill(0xaa, 4096 + 65_536, 4096 + 2 * 65_536);
  const { records, reader } = await readAll(torn);
  assert.deepEqual(
    reader.statistics.damage.map(({ offset, skipped }) => ({ offset, skipped })),
    [{ offset: 4096 + 65_536, skipped: 65_536 }],
  );
  assert.equal(users(records).at(-1), `user${count - 1}`);
});

test('a record with a broken size is passed over, the next record read', async () => {
  const torn = Buffer.from(file);
  const second = 4096 + 512 + torn.readUInt32LE(4096 + 512 + 4);
  torn.writeUInt32LE(0x7fffffff, second + 4);
  const { records, reader } = await readAll(torn);
  assert.equal(records.length, count - 1);
  assert.deepEqual(users(records).slice(0, 2), ['user0', 'user2']);
  assert.ok(reader.statistics.damage.some(({ reason }) => reason === 'EVTX record is damaged'));
  assert.ok(reader.statistics.damage.some(({ reason }) => /checksum/.test(reason)));
});

test('bytes cut out of the middle: the next chunk is found where it is now', async () => {
  const cut = Buffer.concat([file.subarray(0, 4096 + 30_000), file.subarray(4096 + 31_000)]);
  const { records, reader } = await readAll(cut);
  assert.ok(reader.statistics.damageCount > 0);
  assert.equal(users(records).at(-1), `user${count - 1}`);
  assert.ok(records.length > count - 250);
});

test('what is no EVTX file says so', async () => {
  const { records, reader } = await readAll(Buffer.alloc(200_000, 'x'), { format: 'evtx' });
  assert.equal(records.length, 0);
  assert.match(reader.statistics.damage[0]?.reason ?? '', /not an EVTX file/);
});

test('a template that refers to itself ends with a reason', async () => {
  const bad = Buffer.from(file);
  // The template instance of the first record: make its definition's fragment an instance of itself.
  const instance = 4096 + 512 + 24 + 4;
  const definition = bad.readUInt32LE(instance + 6);
  const body = 4096 + definition + 24;
  bad.writeUInt8(0x0c, body);
  bad.writeUInt32LE(definition, body + 6);
  const { records, reader } = await readAll(bad);
  assert.ok(reader.statistics.damage.some(({ reason }) => /templates nest deeper/.test(reason)));
  assert.ok(records.length > 0);
});
