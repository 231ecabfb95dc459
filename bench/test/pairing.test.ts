import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawOrder, roundsWithin, seededRandom } from '../lib/pairing.ts';

test('a seed gives the same numbers again', () => {
  const [one, two] = [seededRandom(7), seededRandom(7)];
  for (let i = 0; i < 100; i++) {
    const value = one();
    assert.equal(value, two());
    assert.ok(value >= 0 && value < 1);
  }
});

test('every order comes about as often as every other', () => {
  const random = seededRandom(1);
  const seen = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = drawOrder(['a', 'b', 'c'], random).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  assert.equal(seen.size, 6);
  assert.ok([...seen.values()].every(count => count > 850 && count < 1150));
});

test('rounds end with their number, or before the time is over', () => {
  let clock = 0;
  const run = (rounds: number, seconds: number, each: number): number => {
    let done = 0;
    for (const _ of roundsWithin(rounds, seconds, () => clock)) {
      clock += each;
      done++;
    }
    return done;
  };
  assert.equal(run(3, 1000, 10), 3);
  assert.equal(run(5, 100, 30), 3);
  assert.equal(run(5, 10, 30), 1);
});
