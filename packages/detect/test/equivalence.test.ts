/** The compiled engine gives the same verdict as the plain evaluator. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileMatcher } from '../src/sigma/compile/matcher.ts';
import { fold } from '../src/sigma/match/fold.ts';
import { fastRegex, linearRegex, requiredLiterals } from '../src/sigma/match/regex.ts';
import { referenceMatcher } from '../src/sigma/reference/matcher.ts';
import { event, flat, rulesOf, ruleText } from './arbitrary.ts';

test('random rules match random events alike in both engines', () => {
  let matches = 0;
  let pairs = 0;
  fc.assert(
    fc.property(
      fc.array(ruleText, { minLength: 1, maxLength: 12 }),
      fc.array(event, { minLength: 1, maxLength: 8 }),
      (texts, events) => {
        const rules = rulesOf(texts);
        const compiled = compileMatcher(rules, flat);
        const reference = referenceMatcher(rules, flat);
        for (const one of events) {
          const expected = reference.match(one).map(rule => rule.uid);
          assert.deepEqual(
            compiled.match(one).map(rule => rule.uid),
            expected,
          );
          matches += expected.length;
          pairs += rules.length;
        }
      },
    ),
    { numRuns: 800 },
  );
  // The property would say little if nearly nothing or nearly everything matched.
  assert.ok(matches > pairs * 0.1 && matches < pairs * 0.9, `${matches} matches of ${pairs}`);
});

const atoms = [
  'a',
  'B',
  'k',
  '\\.',
  '.',
  '[a-c]',
  '[^\\d_]',
  '\\w',
  '\\S',
  '\\x41',
  '(?:ab|b)',
  '(a|bc|)',
  'é',
  '\\-',
  '[\\]\\-x]',
];
const quantified = fc
  .tuple(fc.constantFrom(...atoms), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'))
  .map(([atom, quantifier]) => atom + quantifier);
const pattern = fc
  .tuple(
    fc.constantFrom('', '^', '(?i)'),
    fc.array(quantified, { minLength: 1, maxLength: 6 }),
    fc.constantFrom('', '$', '|zz'),
  )
  .map(([start, middle, end]) => start + middle.join('') + end);
const subject = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    'c',
    'A',
    'B',
    'k',
    'K',
    '\u212a',
    'ſ',
    's',
    '.',
    '-',
    'é',
    'É',
    ' ',
    '\n',
    '\u00a0',
    '1',
    '_',
    ']',
    'x',
    '😀',
  ),
  maxLength: 14,
});

test('both engines of regular expressions agree on every pattern and text', () => {
  fc.assert(
    fc.property(
      pattern,
      fc.constantFrom('', 'i', 's', 'is', 'm'),
      fc.array(subject, { maxLength: 12 }),
      (source, flags, texts) => {
        const fast = fastRegex(source, flags);
        const linear = linearRegex(source, flags);
        for (const one of texts)
          assert.equal(
            fast(one),
            linear(one),
            `${JSON.stringify(source)} ${flags} on ${JSON.stringify(one)}`,
          );
      },
    ),
    { numRuns: 3_000 },
  );
});

test('the literals required of a pattern stand in every text that it matches', () => {
  fc.assert(
    fc.property(
      pattern,
      fc.constantFrom('', 'i'),
      fc.array(subject, { maxLength: 12 }),
      (source, flags, texts) => {
        const literals = requiredLiterals(source, flags);
        if (literals === undefined) return;
        const linear = linearRegex(source, flags);
        for (const one of texts)
          if (linear(one)) assert.ok(literals.some(literal => fold(one).includes(literal)));
      },
    ),
    { numRuns: 3_000 },
  );
});
