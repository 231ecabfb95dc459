import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { median, medianInterval, pairRatios, percentile, spread } from '../lib/statistics.ts';

const series = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 });

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([5]), 5);
  assert.equal(median([9, 1, 4]), 4);
  assert.equal(median([10, 1, 4, 2]), 3);
});

test('percentiles interpolate as R and NumPy do by default', () => {
  const values = [15, 20, 35, 40, 50];
  assert.equal(percentile(values, 0), 15);
  assert.equal(percentile(values, 0.4), 29);
  assert.equal(percentile(values, 0.95), 48);
  assert.equal(percentile(values, 1), 50);
});

test('no values, values that are not finite and fractions outside 0 to 1 are refused', () => {
  assert.throws(() => median([]), RangeError);
  assert.throws(() => median([1, Number.NaN]), RangeError);
  assert.throws(() => percentile([1], 1.5), RangeError);
  assert.throws(() => percentile([1], Number.NaN), RangeError);
});

test('the input is left as it was', () => {
  const values = [3, 1, 2];
  spread(values);
  assert.deepEqual(values, [3, 1, 2]);
});

test('percentiles lie within the values and grow with the fraction', () => {
  fc.assert(
    fc.property(
      series,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, a, b) => {
        const { min, max } = spread(values);
        const [low, high] = [percentile(values, Math.min(a, b)), percentile(values, Math.max(a, b))];
        assert.ok(min <= low && low <= high * (1 + 1e-12) && high <= max * (1 + 1e-12));
      },
    ),
  );
});

test('what slows both runs of a pair alike does not change its ratio', () => {
  assert.deepEqual(pairRatios([10, 20, 40], [11, 22, 44]), [1.1, 1.1, 1.1]);
  assert.throws(() => pairRatios([1], [1, 2]), RangeError);
  assert.throws(() => pairRatios([0], [1]), RangeError);
});

test('the interval of the median has the ranks and confidences of the published tables', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  // Conover, table of binomial intervals: n = 10 → ranks 2 and 9 (97.9 %), n = 20 → 6 and 15 (95.9 %).
  const ten = medianInterval(upTo(10));
  assert.deepEqual([ten.low, ten.high], [2, 9]);
  assert.ok(Math.abs(ten.confidence - 0.9785) < 1e-4);
  const twenty = medianInterval(upTo(20));
  assert.deepEqual([twenty.low, twenty.high], [6, 15]);
  assert.ok(Math.abs(twenty.confidence - 0.9586) < 1e-4);
  // Five values cannot give 95 %: their whole range gives 93.75 %.
  const five = medianInterval(upTo(5));
  assert.deepEqual([five.low, five.high, five.confidence], [1, 5, 0.9375]);
  assert.equal(medianInterval([7]).confidence, 0);
});

test('the interval of the median holds the median', () => {
  fc.assert(
    fc.property(series, values => {
      const { low, high } = medianInterval(values);
      assert.ok(low <= median(values) && median(values) <= high);
    }),
  );
});
