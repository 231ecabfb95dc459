import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planPairs, runPairs, seededRandom } from '../lib/pairing.ts';

test('every condition gets as many pairs as asked, in turns', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 8 }), (seed, repetitions) => {
      const plan = planPairs(['a', 'b', 'c'], () => repetitions, seededRandom(seed));
      assert.equal(plan.length, 3 * repetitions);
      for (let turn = 0; turn < repetitions; turn++) {
        const conditions = plan.slice(3 * turn, 3 * turn + 3).map(pair => pair.condition);
        assert.deepEqual(conditions.toSorted(), ['a', 'b', 'c']);
      }
    }),
  );
});

test('a condition can get fewer pairs than another', () => {
  const plan = planPairs(['much', 'little'], name => (name === 'much' ? 5 : 2), seededRandom(1));
  assert.equal(plan.filter(pair => pair.condition === 'much').length, 5);
  assert.equal(plan.filter(pair => pair.condition === 'little').length, 2);
});

test('the same seed gives the same plan, and both orders occur', () => {
  const plan = planPairs(['a', 'b'], () => 50, seededRandom(7));
  assert.deepEqual(
    plan,
    planPairs(['a', 'b'], () => 50, seededRandom(7)),
  );
  const first = plan.filter(pair => pair.referenceFirst).length;
  assert.ok(first > 25 && first < 75, `${first} of 100 pairs begin with the reference`);
});

test('runs follow the plan, and each result lands on its own side', async () => {
  const runs: string[] = [];
  const plan = [
    { condition: 'agent', referenceFirst: true },
    { condition: 'agent', referenceFirst: false },
  ];
  const results = [];
  for await (const pair of runPairs(plan, 'none', async name => runs.push(name) && `ran ${name}`)) {
    results.push(pair);
  }
  assert.deepEqual(runs, ['none', 'agent', 'agent', 'none']);
  for (const pair of results) {
    assert.deepEqual(pair, { condition: 'agent', reference: 'ran none', changed: 'ran agent' });
  }
});
