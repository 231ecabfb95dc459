/** What the agent adds to a record, and how it knows one that it has recorded before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJsonLines } from '@redoubt/model';
import { FollowedLog, type FollowPosition, type LogRecord } from '@redoubt/observe/log';
import fc from 'fast-check';
import { logBatches } from '../../src/logs/batches.ts';
import { identityOf, logEntry } from '../../src/logs/entry.ts';
import { FollowedFile } from '../../src/logs/followed-file.ts';
import { RecordedBefore } from '../../src/logs/recorded.ts';

const position: FollowPosition = {
  version: 1,
  path: '/x',
  since: 0,
  files: [{ dev: '1', ino: '2', offset: 0, head: { length: 0, sha256: '' }, retired: 0 }],
};

/** A batch of lines that begins at an offset of file 1:2. */
function batchAt(offset: number, text: string) {
  const bytes = Buffer.from(text);
  const files = position.files.map(file => ({ ...file, offset: offset + bytes.length }));
  return { path: '/x', file: '1:2', offset, bytes, position: { ...position, files } };
}

function recordsOf(format: 'jsonl' | 'syslog' | 'ocsf' | 'auditd', text: string): LogRecord[] {
  return new FollowedLog({ name: '/x', format }).take(batchAt(0, text)).records;
}

test('a record read twice, and read back from the recorder, has one identity', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const line = fc.record({
    time: fc.date({ noInvalidDate: true }),
    text: fc.string(),
    more: value,
    unmapped: value,
  });
  fc.assert(
    fc.property(line, line, (one, other) => {
      const text = `${JSON.stringify(one)}\n`;
      const read = () => recordsOf('jsonl', text).map(record => logEntry(record, 's', '1:2@0').event);
      const [first] = read();
      const [again] = read();
      assert.ok(first && again);
      const [batch] = logBatches([first]);
      const [stored] = decodeJsonLines(batch?.bytes ?? new Uint8Array()).map(view => view.toEvent());
      assert.ok(stored);
      // Another receipt, which is not by chance the time that the record states.
      const receipt = first.time === 9 ? 10 : 9;
      const back = { ...stored, metadata: { ...stored.metadata, sequence: 7, logged_time: receipt } };
      // A record without a time of its own is stamped with its receipt, in both readings.
      const same = first.time === first.metadata.logged_time ? { ...back, time: receipt } : back;
      assert.equal(identityOf(again), identityOf(first));
      assert.equal(identityOf(same), identityOf(first));
      if (JSON.stringify(one) === JSON.stringify(other)) return;
      const [another] = recordsOf('jsonl', `${JSON.stringify(other)}\n`).map(each =>
        logEntry(each, 's', '1:2@0'),
      );
      assert.ok(another);
      assert.notEqual(identityOf(another.event), identityOf(first));
    }),
  );
});

test('both times are kept; only a time later than its receipt is taken back', () => {
  const late = '{"time":"2020-01-01T00:00:00Z","a":1}\n';
  const early = '{"time":"9999-01-01T00:00:00Z","a":1}\n';
  const [old, future] = recordsOf('jsonl', late + early).map(
    record => logEntry(record, 's', undefined).event,
  );
  assert.equal(old?.time, Date.parse('2020-01-01T00:00:00Z'));
  assert.equal(old?.metadata.original_time, undefined);
  assert.ok((old?.metadata.logged_time ?? 0) > Date.now() - 60_000);
  assert.equal(future?.time, future?.metadata.logged_time);
  assert.equal(future?.metadata.original_time, '9999-01-01T00:00:00.000Z');
});

test('a record does not change when the agent adds to its event', () => {
  const [record] = recordsOf('jsonl', '{"a":1}\n');
  assert.ok(record);
  const { event } = logEntry(record, 'shop', '1:2@0');
  assert.equal(event.unmapped?.['log_source'], 'shop');
  assert.deepEqual(record.fields, { a: 1 });
});

test('batches are bounded and hold every event in order', () => {
  const lines = Array.from({ length: 3_000 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat(300)}"}\n`).join('');
  const events = recordsOf('jsonl', lines).map(record => logEntry(record, 's', '1:2@0').event);
  const batches = [...logBatches(events)];
  assert.ok(batches.length > 3);
  for (const batch of batches) assert.ok(batch.bytes.length <= 300_000, `${batch.bytes.length}`);
  const numbers = batches.flatMap(batch => [...batch.views()].map(view => view.get('unmapped.n')));
  assert.deepEqual(
    numbers,
    Array.from({ length: 3_000 }, (_, n) => n),
  );
  assert.deepEqual([...logBatches([])], []);
});

test('each record that was recorded before is found once', () => {
  const recorded = new RecordedBefore();
  assert.equal(recorded.awaits('s'), false);
  recorded.expect('s', 'a');
  recorded.expect('s', 'a');
  recorded.expect('s', 'b');
  assert.equal(recorded.awaits('other'), false);
  assert.deepEqual(
    ['a', 'c', 'a', 'a', 'b'].map(identity => recorded.take('s', identity)),
    [true, false, true, false, true],
  );
  assert.equal(recorded.awaits('s'), false);
});

const audit = (serial: number, type: string, rest: string) =>
  `type=${type} msg=audit(1700000000.123:${serial}): ${rest}\n`;

test('while an audit event is open the place stays before it, and what was taken behind it is remembered', () => {
  const file = new FollowedFile(new FollowedLog({ name: '/x', format: 'auditd' }), 's', undefined);
  const open = audit(1, 'SYSCALL', 'arch=c000003e syscall=59 success=yes pid=1');
  const whole = audit(2, 'USER_LOGIN', 'pid=2 uid=0 res=success');
  const first = file.take(batchAt(0, open + whole));
  assert.equal(first.entries.length, 1);
  assert.equal(first.entries[0]?.event.unmapped?.['log_position'], `1:2@${open.length}`);
  assert.equal(first.place.follow?.files[0]?.offset, 0);
  const taken = first.entries.map(({ event }) => identityOf(event));
  assert.deepEqual(first.place.ahead, taken);
  const end = open.length + whole.length;
  const last = audit(1, 'PROCTITLE', 'proctitle="x"');
  const second = file.take(batchAt(end, last));
  assert.equal(second.entries.length, 1);
  assert.equal(second.place.follow?.files[0]?.offset, end + last.length);
  assert.equal(second.place.ahead, undefined);
});

test('an open event is taken when the log is silent, and the place moves behind it', () => {
  const file = new FollowedFile(new FollowedLog({ name: '/x', format: 'auditd' }), 's', undefined);
  const open = audit(1, 'SYSCALL', 'arch=c000003e syscall=59 success=yes pid=1');
  assert.equal(file.take(batchAt(0, open)).entries.length, 0);
  assert.equal(file.idle(60_000), undefined);
  const taken = file.idle(0);
  assert.equal(taken?.entries.length, 1);
  assert.equal(taken?.place.follow?.files[0]?.offset, open.length);
  assert.equal(file.idle(0), undefined);
});
