/** The head of a syslog line is read in a quick way where it is an ordinary one: that must say the same as the slow one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SyslogReader } from '../../../src/log/format/syslog.ts';
import { readContext } from '../../../src/log/index.ts';
import { rfc3339Time } from '../../../src/log/time/parse.ts';

const definition = /^(?:(\S{1,255}) )?(?:([^\s:[\]]{1,128})(?:\[([^\]]{0,32})\])?: ?)?(.*)$/s;

const word = fc.string({
  unit: fc.constantFrom('a', '/', ':', '[', ']', ' ', '\t', '\u00a0', 'é', '1'),
  maxLength: 12,
});

test('host, tag and message are what the definition makes of them', () => {
  const reader = new SyslogReader(readContext({ name: 'test', timezone: 'UTC' }));
  fc.assert(
    fc.property(word, word, word, (host, tag, message) => {
      const text = `${host} ${tag}: ${message}`;
      const parsed = reader.parse(`2026-03-01T10:00:00.5+08:00 ${text}`);
      assert.ok(typeof parsed !== 'string');
      const expected = reader.parse(`2026-03-01 10:00:00.5+08:00 ${text}`);
      assert.ok(typeof expected !== 'string');
      const told = ({ time, host, program, pid, message }: typeof expected) => ({
        time,
        host,
        program,
        pid,
        message,
      });
      assert.deepEqual(told(parsed), told(expected));
      const [, name, path = '', pid = '', rest] = definition.exec(text) ?? [];
      // What looks like a host and ends like a tag is a tag.
      if (name === undefined || name.endsWith(':')) return;
      const program = path.slice(path.lastIndexOf('/') + 1);
      assert.deepEqual([parsed.host, parsed.program, parsed.pid, parsed.message], [name, program, pid, rest]);
    }),
    { numRuns: 2000 },
  );
});

test('complete times are those that the engine reads', () => {
  const date = fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(
      date,
      fc.integer({ min: -23 * 60, max: 23 * 60 }),
      fc.integer({ min: 0, max: 9 }),
      (at, offset, digits) => {
        const clock = at.toISOString().slice(0, 19);
        const fraction = digits === 0 ? '' : `.${'123456789'.slice(0, digits)}`;
        const size = Math.abs(offset);
        const zone = `${offset < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
        for (const text of [`${clock}${fraction}${zone}`, `${clock}${fraction}Z`])
          assert.equal(rfc3339Time(text, text.length), Date.parse(text));
      },
    ),
  );
});

test('what is no complete time is none', () => {
  for (const text of [
    '2026-03-01T10:00:60Z',
    '2026-03-01T24:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-03-01 10:00:00Z',
    '2026-03-01T10:00:00',
    '2026-03-01T10:00:00+0800',
    '2026-03-01T10-00-00Z',
    '2026-03-01T10:00:00.Z',
    '2026-03-01T1x:00:00Z',
    '',
  ])
    assert.ok(Number.isNaN(rfc3339Time(text, text.length)), text);
});
