/** Rule files and events are untrusted: nothing that they say may break, hang or slip through in silence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesGlob } from '../src/sigma/match/glob.ts';
import { fastRegex, longestSafeText } from '../src/sigma/match/regex.ts';
import { readRegex } from '../src/sigma/match/regex-syntax.ts';
import { parseSigma } from '../src/sigma/parse/parse.ts';
import { parseGlob } from '../src/sigma/parse/text.ts';

const frame = 'title: t\nlogsource: {product: x}\ndetection:\n  a: {f: 1}\n  condition: a\n';

test('any text is either taken or refused with a reason and a place', () => {
  const mutated = fc
    .tuple(fc.nat(frame.length), fc.string({ maxLength: 8 }), fc.nat(6))
    .map(([at, insert, drop]) => frame.slice(0, at) + insert + frame.slice(at + drop));
  fc.assert(
    fc.property(fc.oneof(fc.string(), mutated, fc.json()), text => {
      const { documents, problems } = parseSigma(text, 'x.yml');
      for (const problem of problems)
        assert.ok(problem.reason !== '' && problem.place.line > 0 && problem.place.file === 'x.yml');
      const refused = problems.filter(problem => problem.severity === 'refused');
      // Comments and blank lines hold no document.
      if (documents.length + refused.length === 0)
        assert.ok(
          text
            .split('\n')
            .every(line => !/^\s*[\w"'[{]/.test(line) || /^\s*(null|~)?\s*$/i.test(line.replace(/#.*/, ''))),
          text,
        );
    }),
    { numRuns: 2_000 },
  );
});

test('aliases that multiply, deep nesting and huge files are refused', () => {
  const laughs = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${new Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`),
  ].join('\n');
  for (const text of [
    laughs,
    `a: ${'['.repeat(500)}${']'.repeat(500)}`,
    `${'['.repeat(200_000)}`,
    'x'.repeat(5_000_000),
    'a: &a [*a]',
  ]) {
    const { documents, problems } = parseSigma(text, 'x.yml');
    assert.equal(documents.length, 0);
    assert.equal(problems[0]?.severity, 'refused', text.slice(0, 40));
  }
});

test('modifiers that multiply values are bounded', () => {
  const dashes = Array.from({ length: 12 }, (_, index) => ` -${index}`).join('');
  const { problems } = parseSigma(frame.replace('f: 1', `f|windash: '${dashes}'`), 'x.yml');
  assert.match(problems[0]?.reason ?? '', /more than 4096 texts/);
});

test('names from the prototype of objects are ordinary names', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const { documents } = parseSigma(
      frame.replace('a: {f: 1}', `${name}: {${name}: ${name}}`).replace('condition: a', `condition: ${name}`),
      'x.yml',
    );
    assert.equal(documents.length, 1, name);
    assert.match(
      parseSigma(frame.replace('f: 1', `f|${name}: 1`), 'x.yml').problems[0]?.reason ?? '',
      /unknown modifier/,
    );
  }
});

test('patterns that would explode are left to the linear engine', () => {
  for (const source of ['(a+)+$', '(a|a)*$', '(a|ab)*c', '(.*a){20}', '(\\w+\\s?)*$', '([a-z]+)*=']) {
    const read = readRegex(source, '');
    assert.ok(read === undefined || longestSafeText(read.root) === 0, source);
  }
});

test('the bound on the backtracking engine shrinks as a pattern grows worse', () => {
  const bound = (source: string): number =>
    longestSafeText((readRegex(source, '') ?? assert.fail(source)).root);
  assert.ok(bound('^abc') >= 100_000);
  assert.ok(bound('abc') >= 100_000);
  assert.ok(bound('a.*b') <= 1_000);
  assert.ok(bound('a.*b.*c.*d') <= 100);
});

test('hostile text costs no pattern more than linear time', () => {
  const text = 'a'.repeat(200_000);
  for (const source of ['(a+)+$', 'a.*b.*c', '(a|aa)+b', '(?i)a*a*a*b', '^(a?){50}a{50}$']) {
    const matches = fastRegex(source, '');
    // A backtracking engine would take minutes to years for most of these; the runner's own limit would stop it.
    matches(text);
  }
});

test('globs with many wildcards do not explode', () => {
  assert.equal(matchesGlob('a'.repeat(20_000), parseGlob(`${'*a'.repeat(200)}*b`)), false);
  assert.equal(matchesGlob('a'.repeat(20_000), parseGlob(`${'*a'.repeat(200)}*`)), true);
});

test('globs match as their translation to a pattern does', () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', 'ab', '*', '?'), { maxLength: 8 });
  const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 10 });
  fc.assert(
    fc.property(pieces, subject, (glob, text) => {
      const pattern = new RegExp(
        `^${glob.map(piece => (piece === '*' ? '[^]*' : piece === '?' ? '[^]' : piece)).join('')}$`,
      );
      assert.equal(matchesGlob(text, parseGlob(glob.join(''))), pattern.test(text));
    }),
    { numRuns: 3_000 },
  );
});
