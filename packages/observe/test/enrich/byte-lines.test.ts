import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { LineReader } from '../../src/enrich/byte-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'lines-'));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'file');

function linesOf(text: string, most = Number.POSITIVE_INFINITY): string[] {
  writeFileSync(file, text);
  const lines: string[] = [];
  new LineReader().read(file, (bytes, start, end) => lines.push(bytes.toString('utf8', start, end)) < most);
  return lines;
}

test('the same lines as splitting the text, whatever the chunks', () => {
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'é', '/', '\r') }),
    fc.constant('x'.repeat(7000)),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.boolean(), (lines, ends) => {
      const text = lines.join('\n') + (ends ? '\n' : '');
      const expected = text.split('\n');
      if (expected.at(-1) === '') expected.pop();
      assert.deepEqual(linesOf(text), expected);
    }),
    { numRuns: 60 },
  );
});

test('a line beyond all measure is left out, its neighbours are not; reading can be ended', () => {
  const huge = 'y'.repeat(300_000);
  assert.deepEqual(linesOf(`one\n${huge}\ntwo\n${huge}`), ['one', 'two']);
  assert.deepEqual(linesOf('one\ntwo\nthree\n', 2), ['one', 'two']);
  assert.throws(() => new LineReader().read(join(folder, 'absent'), () => true), /ENOENT/);
});
