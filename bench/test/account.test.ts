import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccountLine, isExact } from '../storm/account.ts';

const line = (performed: number, recorded: number, lost: number): AccountLine => ({
  kind: 'file.create',
  performed,
  recorded,
  lost,
});
const losses = (dropped: number) => ({ byKind: new Map<string, number>(), dropped });

test('an account is exact when all that is missing was counted', () => {
  assert.ok(isExact([line(10, 10, 0)], losses(0)));
  assert.ok(isExact([line(10, 7, 3)], losses(0)));
  assert.ok(isExact([line(10, 7, 1), line(10, 9, 0)], losses(3)));
  // Other processes lose events of the same kind too.
  assert.ok(isExact([line(10, 9, 5)], losses(0)));
});

test('what is missing and not counted, or recorded twice, breaks the account', () => {
  assert.ok(!isExact([line(10, 9, 0)], losses(0)));
  assert.ok(!isExact([line(10, 7, 2)], losses(0)));
  assert.ok(!isExact([line(10, 11, 0)], losses(5)));
  // One kind's counted losses do not pay for another's.
  assert.ok(!isExact([line(10, 8, 0), line(10, 10, 2)], losses(1)));
});
