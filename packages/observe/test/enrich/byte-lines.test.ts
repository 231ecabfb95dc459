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

async function linesOf(text: string, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  writeFileSync(file, text);
  const lines: string[] = [];
  await new LineReader().read(file, line => lines.push(line.toString()) < most);
  return lines;
}

test('the same lines as splitting the text, whatever the chunks', async () => {
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'é', '/', '\r') }),
    fc.constant('x'.repeat(7000)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 40 }), fc.boolean(), async (lines, ends) => {
      const text = lines.join('\n') + (ends ? '\n' : '');
      const expected = text.split('\n');
      if (expected.at(-1) === '') expected.pop();
      assert.deepEqual(await linesOf(text), expected);
    }),
    { numRuns: 60 },
  );
});

test('a line beyond all measure is left out, its neighbours are not; reading can be ended', async () => {
  const huge = 'y'.repeat(300_000);
  assert.deepEqual(await linesOf(`one\n${huge}\ntwo\n${huge}`), ['one', 'two']);
  assert.deepEqual(await linesOf('one\ntwo\nthree\n', 2), ['one', 'two']);
  await assert.rejects(
    new LineReader().read(join(folder, 'absent'), () => true),
    /ENOENT/,
  );
});
