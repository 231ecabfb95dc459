import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth, markdownTable, type Table, terminalTable } from '../lib/table.ts';

const table: Table = {
  head: ['负载', 'seconds'],
  align: ['left', 'right'],
  rows: [
    ['编译', '12.5'],
    ['a|b', '1'],
  ],
};

test('wide characters take two columns', () => {
  assert.equal(displayWidth('壁垒 ok'), 7);
});

test('columns line up on a terminal', () => {
  assert.equal(
    terminalTable(table),
    ['负载  seconds', '────  ───────', '编译     12.5', 'a|b         1'].join('\n'),
  );
});

test('Markdown keeps alignment and escapes the bar', () => {
  assert.equal(
    markdownTable(table),
    ['| 负载 | seconds |', '|---|---:|', '| 编译 | 12.5 |', '| a\\|b | 1 |'].join('\n'),
  );
});
