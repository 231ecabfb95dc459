/** The marks in the READMEs between which results stand. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withSection } from '../lib/readme.ts';
import { repository } from '../lib/workplace.ts';

test('a section is put at its mark, and replaced the next time', () => {
  const first = withSection('a\n<!-- bench:x -->\n\nb\n', 'x', '| 1 |');
  assert.equal(first, 'a\n<!-- bench:x -->\n\n| 1 |\n\n<!-- /bench:x -->\n\nb\n');
  assert.equal(withSection(first, 'x', '| 2 |'), first.replace('1', '2'));
  assert.throws(() => withSection('a', 'x', ''), /there is no <!-- bench:x -->/);
});

test('both READMEs have a mark for the detection engine', () => {
  for (const name of ['README.md', 'README.zh.md']) {
    assert.ok(readFileSync(join(repository, name), 'utf8').includes('<!-- bench:detect -->'), name);
  }
});
