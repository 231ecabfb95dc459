import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessNode } from '@redoubt/agent/contract';
import fc from 'fast-check';
import { selectProcesses } from '../src/commands/ps.ts';
import { Output } from '../src/output/output.ts';
import { treeLines } from '../src/output/tree.ts';
import { width } from '../src/output/width.ts';

const output = new Output('en', { results: { write: () => true }, remarks: { write: () => true } }, {});

function node(pid: number, parent?: number, flags: ProcessNode['flags'] = []): ProcessNode {
  const name = `p${pid}`;
  const own = { uid: `${pid}:1`, pid, name, exe: `/bin/${name}`, cmd_line: name, start: 0, flags };
  return parent === undefined ? own : { ...own, parent_uid: `${parent}:1` };
}

const nodes = [
  node(1),
  node(2, 1),
  node(3, 2, ['memfd']),
  node(4, 3),
  node(5, 1),
  node(6, undefined, ['kernel_thread']),
];
const pids = (wanted: Parameters<typeof selectProcesses>[1]) =>
  selectProcesses(nodes, wanted).map(one => one.pid);

test('a process is shown with all its ancestors and descendants', () => {
  assert.deepEqual(pids({ pid: '3', flagged: false, kernel: false }), [1, 2, 3, 4]);
  assert.throws(() => pids({ pid: '99', flagged: false, kernel: false }), /99/);
});

test('--flagged keeps remarkable processes and where they come from', () => {
  assert.deepEqual(pids({ pid: undefined, flagged: true, kernel: false }), [1, 2, 3]);
  assert.deepEqual(pids({ pid: undefined, flagged: false, kernel: false }), [1, 2, 3, 4, 5]);
  assert.equal(pids({ pid: undefined, flagged: false, kernel: true }).length, 6);
});

test('the tree shows depth and flags', () => {
  assert.deepEqual(treeLines(nodes.slice(0, 5), output), [
    '1  p1',
    '├─ 2  p2',
    '│  └─ 3  p3  ← runs from memory',
    '│     └─ 4  p4',
    '└─ 5  p5',
  ]);
});

test('on a terminal, a long command line gives way to the flags', () => {
  const terminal = { write: () => true, isTTY: true, columns: 60 };
  const narrow = new Output('en', { results: terminal, remarks: terminal }, { NO_COLOR: '1' });
  const [line = ''] = treeLines([{ ...node(7, undefined, ['memfd']), cmd_line: '壁垒'.repeat(50) }], narrow);
  assert.ok(width(line) <= 60, line);
  assert.match(line, /… {2}← runs from memory$/);
});

test('any table of parents is drawn once and to the end', () => {
  const parents = fc.array(fc.nat(30), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(parents, list => {
      // A parent always has a smaller number, as in a real forest; 0 stands for none.
      const forest = list.map((parent, index) => node(index + 1, parent % (index + 1) || undefined));
      assert.equal(treeLines(forest, output).length, forest.length);
    }),
  );
});

test('ten thousand generations are drawn', () => {
  const deep = Array.from({ length: 10_000 }, (_, index) => node(index + 1, index || undefined));
  assert.equal(treeLines(deep, output).length, deep.length);
});
