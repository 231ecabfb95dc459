import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccountLine, isExact } from '../storm/account.ts';

const line = (performed: number, recorded: number, lost: number, unattributed = 0): AccountLine => ({
  kind: 'file.create',
  performed,
  recorded,
  unattributed,
  lost,
});
const losses = (dropped: number, lost = 0) => ({ byKind: new Map([['file.create', lost]]), dropped });

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

test('events of nobody known may be the missing ones only where something was lost', () => {
  assert.ok(!isExact([line(10, 9, 0, 1)], losses(0)));
  assert.ok(isExact([line(10, 8, 1, 1)], losses(0, 1)));
});
