/** The PE parser: real files are read, and no bytes make it fail otherwise than by its own error. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { featuresOf, PeError, PeFile } from '../../../src/scan/static/index.ts';

const clam = '/usr/share/clamav-testfiles/clam-aspack.exe';

test('a real PE file is read: sections, entry, imports', () => {
  const file = new PeFile(readFileSync(clam));
  assert.ok(file.sections.length > 0);
  assert.ok(file.sectionOf(file.entry) !== undefined);
  assert.ok(file.imports().some(one => /kernel32/i.test(one.library) && one.functions > 0));
  assert.ok(file.end > 0);
});

function fails(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof PeError, String(error));
  }
}

test('bytes of any kind are read or refused by name', () => {
  const whole = readFileSync(clam);
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.nat(whole.length), (changes, length) => {
      const bytes = Buffer.from(whole.subarray(0, Math.max(length, 64)));
      for (const [at, value] of changes) {
        // Most changes strike the headers, where they matter.
        const place = at % 3 === 0 ? at % bytes.length : at % Math.min(bytes.length, 1_024);
        bytes[place] = value;
      }
      fails(() => featuresOf('pe', bytes));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes =>
      fails(() => featuresOf('pe', Buffer.from(bytes))),
    ),
  );
});

test('an import table that is given no end is read to a bound', () => {
  const bytes = readFileSync(clam);
  bytes.fill(1, 0x400);
  fails(() => featuresOf('pe', bytes));
});
