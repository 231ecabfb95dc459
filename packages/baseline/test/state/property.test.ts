/** Properties of keys, order, sorting, comparing and reading. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import {
  compareKeys,
  compareStates,
  escapeKey,
  openState,
  StateError,
  unescapeKey,
} from '../../src/index.ts';
import { applyChanges } from '../../src/state/compare.ts';
import { sorted } from '../../src/state/sort.ts';
import { all, folderFor, stream } from './support.ts';

const path = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '\\', 'x', '0', '\n', '\uffff', '😀', 'é') }),
  fc.string({ unit: 'binary' }),
);
const state = fc.uniqueArray(
  fc.record({
    key: path,
    facts: fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 2 }), {
      noNullPrototype: true,
    }),
  }),
  {
    selector: entry => entry.key,
    maxLength: 30,
  },
);
const byKey = (a: { key: string }, b: { key: string }) => compareKeys(a.key, b.key);

test('bytes of names come back, and different bytes have different keys', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      assert.deepEqual(unescapeKey(escapeKey(bytes)), Buffer.from(bytes));
    }),
    { numRuns: 2000 },
  );
  assert.equal(escapeKey(Buffer.from([0x2f, 0xff, 0x5c, 0x0a])), '/\\xff\\\\\n');
});

test('the order of keys is that of their UTF-8 bytes with the slash first', () => {
  const bytes = (key: string) => Buffer.from(key).map(byte => (byte === 0x2f ? 0 : byte));
  const well = path.filter(key => key.isWellFormed() && !key.includes('\0'));
  fc.assert(
    fc.property(well, well, (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(bytes(a), bytes(b)));
    }),
    { numRuns: 2000 },
  );
});

test('sorting through runs on disk is sorting', async t => {
  const folder = folderFor(t);
  const well = state.map(entries => entries.filter(entry => entry.key.isWellFormed()));
  const lines = (entries: readonly { key: string; facts: object }[]) =>
    entries.map(({ key, facts }) => JSON.stringify([key, facts]));
  await fc.assert(
    fc.asyncProperty(well, fc.integer({ min: 1, max: 7 }), async (entries, run) => {
      const result = await all(sorted(stream(entries), folder, run));
      assert.deepEqual(lines(result), lines([...entries].sort(byKey)));
    }),
    { numRuns: 15 },
  );
});

test('keys that come twice are kept apart, in order', async t => {
  const twice = [
    { key: 'a!', facts: {} },
    { key: 'a', facts: { n: 1 } },
    { key: 'a', facts: { n: 2 } },
  ];
  const keys = (await all(sorted(stream(twice), folderFor(t)))).map(entry => entry.key);
  assert.deepEqual(keys, ['a', 'a//#000002', 'a!']);
  assert.deepEqual([...keys].sort(compareKeys), keys);
});

test('changes applied to the old state give the new one, and equal states have none', async () => {
  await fc.assert(
    fc.asyncProperty(state, state, async (before, after) => {
      before.sort(byKey);
      after.sort(byKey);
      const changes = await all(compareStates(stream(before), stream(after)));
      const applied = await all(applyChanges(stream(before), stream(changes)));
      assert.deepEqual(await all(compareStates(stream(applied), stream(after))), []);
      assert.deepEqual(
        applied.map(entry => entry.key),
        after.map(entry => entry.key),
      );
      assert.deepEqual(await all(compareStates(stream(after), stream(after))), []);
    }),
    { numRuns: 100 },
  );
});

test('whatever a file holds, reading it ends with entries or with a refusal', async t => {
  const file = join(folderFor(t), 'hostile');
  const header =
    '{"format":"redoubt-state","version":1,"collector":"x","collectorVersion":1,"host":{"name":"","id":""},"root":"/","created":0,"policy":null,"generation":1,"previous":null,"history":[]}';
  const line = fc.oneof(
    fc.constant(header),
    fc.json(),
    fc.string(),
    fc.constantFrom(
      '["a",{}]',
      '["b",{"x":1}]',
      '["b",{"x":[]}]',
      '{"end":true,"entries":1}',
      '{"end":true,"entries":0}',
    ),
  );
  const content = fc.oneof(
    fc.uint8Array().map(bytes => Buffer.from(bytes)),
    fc.array(line).map(lines => zstdCompressSync(Buffer.from(`${[header, ...lines].join('\n')}\n`))),
    fc.array(line).map(lines => zstdCompressSync(Buffer.from(lines.join('\n')))),
  );
  await fc.assert(
    fc.asyncProperty(content, async bytes => {
      writeFileSync(file, bytes);
      try {
        const open = await openState(file);
        await all(open.entries());
      } catch (error) {
        assert.ok(error instanceof StateError, String(error));
      }
    }),
    { numRuns: 100 },
  );
});
