/** Whatever bytes come: no parser throws, each ends, every byte chunking gives the same, nothing grows without bound. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detectFormat, formats, type LogRecord, logFormats, readContext } from '../../src/log/index.ts';
import { SyslogFraming } from '../../src/log/live/syslog-framing.ts';
import { writeEvtx } from './support/evtx-writer.ts';

/** Pieces that lead parsers into their branches. */
const pieces = [
  'type=SYSCALL msg=audit(1.000:1): ',
  "msg='op=x acct=4142 ",
  '{"Records":[',
  '{"ts":1,"a":"',
  '__REALTIME_TIMESTAMP=1\n',
  'MESSAGE\n\x05\0\0\0\0\0\0\0',
  '<Event><System><EventID>1</EventID></System>',
  '</Event>',
  '<34>1 2024-05-01T12:00:00Z h a - - [x y="',
  'May  1 12:00:00 h sshd[1]: Invalid user ',
  ' from 1.2.3.4 port 22',
  '1.2.3.4 - - [10/Oct/2023:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "',
  '--a1b2c3d4-A--\n',
  '--a1b2c3d4-Z--\n',
  '#fields\tts\tx\n',
  '#separator \\x',
  '2024/05/01 12:00:00 [error] 1#1: x, client: ',
  '\n',
  '"',
  '\\',
  '\0',
  '\xff',
  '\x1b[2J',
  '2024-05-01 12:00:00.123 UTC [1] a@b LOG:  ',
  '2024-05-01 12:00:00.123 UTC,"a","b",1,',
  '\n\tmore',
  '2024-05-01T12:00:00.1Z\t   12 Query\tselect ',
  '2024-05-01T12:00:00.1Z 12 [Note] Access denied for user ',
  '# User@Host: a[a] @ h [1.2.3.4]\n',
  'ElfFile\0',
  'ElfChnk\0',
];

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...pieces).map(text => Buffer.from(text, 'latin1')),
      fc.uint8Array({ maxLength: 40 }),
    ),
    {
      maxLength: 40,
    },
  )
  .map(parts => Buffer.concat(parts));

const context = readContext({
  name: 'test',
  timezone: 'UTC',
  year: 2024,
  limits: { lineBytes: 500, recordBytes: 2000 },
});

/** What a parser makes of bytes cut into chunks of a size. */
function parse(
  format: keyof typeof formats,
  bytes: Uint8Array,
  size: number,
): { records: LogRecord[]; damage: number } {
  const parser = formats[format].open(context);
  const records: LogRecord[] = [];
  let damage = 0;
  const sink = {
    record: (record: LogRecord): void => {
      records.push(record);
    },
    damage: ({ skipped }: { skipped: number }): void => {
      assert.ok(skipped >= 0 && skipped <= bytes.length + 1);
      damage += 1;
    },
  };
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size), sink);
  parser.end(sink);
  return { records, damage };
}

for (const format of logFormats) {
  test(`${format}: arbitrary bytes`, () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 64 }), (bytes, size) => {
        const { records, damage } = parse(format, bytes, size);
        assert.ok(records.length + damage <= bytes.length + 2);
        for (const record of records) {
          assert.ok(Number.isFinite(record.time));
          assert.equal(record.toEvent().type_uid % 100, record.toEvent().activity_id);
          record.field('a.b');
          record.get('actor.process.pid');
        }
        const whole = parse(format, bytes, bytes.length + 1);
        assert.deepEqual(
          records.map(record => record.fields),
          whole.records.map(record => record.fields),
        );
      }),
      { numRuns: 150 },
    );
  });
}

test('recognition of arbitrary heads', () => {
  fc.assert(
    fc.property(hostile, fc.string(), (bytes, name) => {
      const format = detectFormat(bytes, name);
      assert.ok(format === undefined || logFormats.includes(format));
    }),
  );
});

test('EVTX with changed bytes', () => {
  const events = Array.from({ length: 40 }, (_, index) => ({
    provider: 'P',
    eventId: index,
    channel: 'Security',
    computer: 'PC',
    time: new Date(1_714_564_800_000),
    data: { Name: `value ${index}`, Number: index },
  }));
  const file = writeEvtx(events);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 4096, max: 4096 + 14_000 }), fc.integer({ min: 0, max: 255 })), {
        maxLength: 30,
      }),
      changes => {
        const bytes = Buffer.from(file);
        for (const [at, value] of changes) bytes[at] = value;
        const { records } = parse('evtx', bytes, 65_536);
        assert.ok(records.length <= 41);
      },
    ),
    { numRuns: 200 },
  );
});

test('syslog framing of arbitrary streams', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 32 }), (bytes, size) => {
      const framing = new SyslogFraming(300);
      const sink = {
        message: (text: string): void => assert.ok(text.length <= 300),
        damage: (): void => {},
      };
      for (let at = 0; at < bytes.length; at += size) framing.push(bytes.subarray(at, at + size), sink);
      framing.end(sink);
    }),
  );
});
