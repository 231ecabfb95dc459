import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Output } from '../src/output/output.ts';
import { safe } from '../src/output/safe.ts';
import { table } from '../src/output/table.ts';
import { bytes, span } from '../src/output/values.ts';
import { cut, pad, width } from '../src/output/width.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

test('nothing that a terminal obeys survives', () => {
  fc.assert(
    fc.property(anyText, text => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
      assert.doesNotMatch(safe(text), /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
    }),
  );
  assert.equal(safe('a\u001b[31mb\u202ec\r\n'), 'a\\x1b[31mb\\u{202e}c\\x0d\\x0a');
  assert.equal(safe('壁垒 — naïve'), '壁垒 — naïve');
});

test('Chinese takes two columns a character, colours none', () => {
  assert.equal(width('壁垒'), 4);
  assert.equal(width('a壁（）'), 7);
  assert.equal(width('\u001b[31mred\u001b[39m'), 3);
  assert.equal(width('e\u0301'), 1);
  assert.equal(cut('壁垒壁垒', 5), '壁垒…');
  assert.equal(width(pad('壁', 6)), 6);
});

test('a cut text fits', () => {
  fc.assert(
    fc.property(anyText, fc.nat(40), (text, columns) => {
      assert.ok(width(cut(safe(text), columns)) <= columns);
    }),
  );
});

test('columns of a table stand below each other, whatever the script', () => {
  const cell = fc
    .oneof(anyText.map(safe), fc.stringMatching(/^[\u4e00-\u9fffa-z]{0,20}$/))
    .filter(one => one.trim() === one);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), rows => {
      const lines = table([{ heading: '级别' }, { heading: 'SECOND' }], rows);
      const first = Math.max(4, ...rows.map(([left]) => width(left)));
      for (const [index, [left, right]] of rows.entries()) {
        assert.equal(lines[index + 1], `${pad(left, first)}  ${right}`.trimEnd());
      }
      assert.equal(lines.length, rows.length + 1);
    }),
  );
});

test('an elastic column gives way to the terminal', () => {
  const lines = table([{ heading: 'A' }, { heading: 'B', elastic: true }], [['一', '壁垒'.repeat(40)]], 40);
  for (const line of lines) assert.ok(width(line) <= 40, line);
});

test('colours only on a terminal, and never with NO_COLOR', () => {
  const stream = (isTTY: boolean) => ({ write: () => true, isTTY });
  const styled = (isTTY: boolean, environment: NodeJS.ProcessEnv) =>
    new Output('en', { results: stream(isTTY), remarks: stream(isTTY) }, environment).style('red', 'x');
  assert.equal(styled(false, {}), 'x');
  assert.equal(styled(true, { NO_COLOR: '1' }), 'x');
  assert.equal(styled(true, { TERM: 'dumb' }), 'x');
  assert.equal(styled(true, {}), '\u001b[31mx\u001b[39m');
});

test('sizes and spans', () => {
  assert.equal(bytes(1536), '1.5 KiB');
  assert.equal(bytes(7), '7 B');
  assert.equal(span(90_000, 'en'), '1 min 30 s');
  assert.equal(span(2 * 86_400_000, 'zh'), '2 天');
  assert.equal(span(10, 'en'), '0 s');
});
