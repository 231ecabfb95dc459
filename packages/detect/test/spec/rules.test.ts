/** The rules specification of Sigma: strings, lists, maps, special values, keywords, conditions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSigma } from '../../src/sigma/parse/parse.ts';
import { assertValues, matches, refusal } from './judge.ts';

const raw = String.raw;

test('values are case-insensitive strings', () =>
  assertValues('f', 'PowerShell', ['powershell', 'POWERSHELL'], ['pwsh']));
test('* replaces text of any length, line ends too', () =>
  assertValues('f', "'a*b'", ['ab', 'axxb', 'a\nb'], ['abx', 'a']));
test('? replaces exactly one character', () =>
  assertValues('f', "'prog?.exe'", ['progA.exe', 'prog😀.exe', 'prog\n.exe'], ['prog.exe', 'progAB.exe']));
test('a plain backslash may be single or double', () => {
  for (const value of [raw`'C:\x'`, raw`'C:\\x'`]) assertValues('f', value, [raw`C:\x`], [raw`C:\\x`]);
});
test('a wildcard after a backslash is a plain character', () => {
  assertValues('f', raw`'a\*b'`, ['a*b'], ['axb', raw`a\xb`]);
  assertValues('f', raw`'a\?b'`, ['a?b'], ['axb']);
});
test('an escaped backslash before a wildcard is a backslash and the wildcard', () =>
  assertValues('f', raw`'a\\*'`, [raw`a\xyz`, raw`a\ `.trim()], ['a*', 'axyz']));
test('three backslashes escape both the backslash and the wildcard', () =>
  assertValues('f', raw`'a\\\*'`, [raw`a\*`], [raw`a\x`, 'a*']));
test('four backslashes are two plain ones', () => assertValues('f', raw`'\\\\x'`, [raw`\\x`], [raw`\x`]));
test('lists of strings are searched in the full event and linked with OR', () => {
  const detection = "keywords:\n  - EVILSERVICE\n  - 'svchost.exe -n evil'\ncondition: keywords";
  assert.equal(matches(detection, { a: 1, b: 'an EvilService starts' }), true);
  assert.equal(matches(detection, { nested: { deep: ['x', 'svchost.exe -n evil'] } }), true);
  assert.equal(matches(detection, { EVILSERVICE: 'only the name of the field' }), false);
});
test("keywords under '|all' must all be in the event, in any field", () => {
  const detection =
    "keywords:\n  '|all':\n    - OabVirtualDirectory\n    - ' -ExternalUrl '\ncondition: keywords";
  assert.equal(matches(detection, { a: 'Set-OabVirtualDirectory', b: 'x -ExternalUrl y' }), true);
  assert.equal(matches(detection, { a: 'Set-OabVirtualDirectory' }), false);
});
test('keywords may be numbers and regular expressions', () => {
  assert.equal(matches('k: [4242]\ncondition: k', { a: 4242 }), true);
  assert.equal(matches("k:\n  '|re': 'a[0-9]b'\ncondition: k", { a: 'xa7bx' }), true);
});
test('maps of a list are linked with OR, the entries of a map with AND', () => {
  const detection = 'selection:\n  - {a: 1, b: 2}\n  - c: 3';
  assert.equal(matches(detection, { a: 1, b: 2 }), true);
  assert.equal(matches(detection, { c: '3' }), true);
  assert.equal(matches(detection, { a: 1 }), false);
});
test('values of a list are linked with OR; numbers match numbers and their text', () =>
  assertValues('EventID', '[517, 1102]', [517, '1102'], [5170, '0517']));
test('truth values match as text', () => assertValues('f', 'true', [true, 'True'], [false, 1]));
test('a field with several values matches when one of them does', () =>
  assertValues('f', 'b', [['a', 'B']], [['a'], []]));
test('an empty value is not null, and null is not empty', () => {
  assertValues('f', "''", [''], [null, 'x']);
  assertValues('f', 'null', [null], ['', 'null', 0, false]);
});
test('null is also an absent field; an empty value is not', () => {
  assert.equal(matches('selection: {f: null}', {}), true);
  assert.equal(matches("selection: {f: ''}", {}), false);
});
test('not null is written with a negated selection', () => {
  const detection =
    'selection: {EventID: 4738}\nfilter: {PasswordLastSet: null}\ncondition: selection and not filter';
  assert.equal(matches(detection, { EventID: 4738, PasswordLastSet: 'x' }), true);
  assert.equal(matches(detection, { EventID: 4738 }), false);
});
test('an absent field matches nothing but null and exists: false', () => {
  for (const key of ['f', 'f|contains', 'f|re', 'f|cidr', 'f|gt']) {
    const value = key === 'f|cidr' ? '0.0.0.0/0' : key === 'f|gt' ? '-1' : '1';
    assert.equal(matches(`selection: {"${key}": ${value}}`, { other: 1 }), false);
  }
});
test('names of fields may have spaces in the record, which the rule leaves out', () =>
  assert.equal(matches('selection: {NewValue: x}', { 'New Value': 'x' }), true));
test('names with dots reach into nested and flat records', () => {
  assert.equal(
    matches('selection: {process.executable: /bin/sh}', { process: { executable: '/bin/sh' } }),
    true,
  );
  assert.equal(
    matches('selection: {process.executable: /bin/sh}', { 'process.executable': '/bin/sh' }),
    true,
  );
  assert.equal(matches('selection: {a.b.c: 1}', { a: { 'b.c': 1 } }), true);
});

const abc = (condition: string, present: string): boolean =>
  matches(
    `a: {a: 1}\nb: {b: 1}\nc: {c: 1}\n_d: {d: 1}\ncondition: ${condition}`,
    Object.fromEntries([...present].map(name => [name, 1])),
  );

test('or binds least, then and, then not, then x of, then brackets', () => {
  assert.equal(abc('a or b and c', 'a'), true);
  assert.equal(abc('(a or b) and c', 'a'), false);
  assert.equal(abc('not a and b', 'b'), true);
  assert.equal(abc('not (a and b)', 'b'), true);
  assert.equal(abc('not a or b', 'ab'), true);
  assert.equal(abc('not 1 of a*', 'b'), true);
  assert.equal(abc('not not a', 'a'), true);
});
test('words of a condition may be upper case', () => assert.equal(abc('a AND NOT b', 'a'), true));
test('1 of them and all of them leave out names that begin with an underscore', () => {
  assert.equal(abc('1 of them', 'd'), false);
  assert.equal(abc('1 of them', 'c'), true);
  assert.equal(abc('all of them', 'abc'), true);
  assert.equal(abc('all of them', 'abd'), false);
});
test('1 of and all of a pattern, with * anywhere', () => {
  const detection = (condition: string): string =>
    `sel_one_x: {a: 1}\nsel_two_x: {b: 1}\nother: {c: 1}\ncondition: ${condition}`;
  assert.equal(matches(detection('all of sel_*_x'), { a: 1, b: 1 }), true);
  assert.equal(matches(detection('all of sel*'), { a: 1, c: 1 }), false);
  assert.equal(matches(detection('1 of *x and other'), { b: 1, c: 1 }), true);
  assert.equal(matches(detection('1 of *two*'), { a: 1 }), false);
});
test('a list of conditions is linked with OR', () => {
  const detection = 'a: {a: 1}\nb: {b: 1}\ncondition:\n  - a\n  - b';
  assert.equal(matches(detection, { b: 1 }), true);
  assert.equal(matches(detection, { c: 1 }), false);
});
test('what a condition cannot mean is refused by name', () => {
  assert.match(refusal('a: {a: 1}\ncondition: a and'), /ends too early/);
  assert.match(refusal('a: {a: 1}\ncondition: b'), /"b", which is not defined/);
  assert.match(refusal('a: {a: 1}\ncondition: 1 of x*'), /fits "x\*"/);
  assert.match(refusal('a: {a: 1}\ncondition: 2 of them'), /"2 of" is not Sigma/);
  assert.match(refusal('a: {a: 1}\ncondition: a | count() > 5'), /correlation/);
  assert.match(refusal('a: {a: 1}\ncondition: (a'), /closing bracket/);
  assert.match(refusal('a: {a: 1}\ncondition: a a'), /unexpected "a"/);
  assert.match(refusal(`a: {a: 1}\ncondition: ${'('.repeat(500)}a${')'.repeat(500)}`), /nests deeper/);
});
test('empty and nested values are refused', () => {
  assert.match(refusal('selection: {f: []}'), /empty list/);
  assert.match(refusal('selection: {}'), /empty map/);
  assert.match(refusal('selection: {f: {g: 1}}'), /plain values/);
  assert.match(refusal('selection: [[a]]'), /list within a list/);
});
test('a refusal names the rule, the file and the line; the other documents of the file still load', () => {
  const good = 'title: good\nlogsource: {product: x}\ndetection: {a: {f: 1}, condition: a}';
  const bad = 'title: bad\nlogsource: {product: x}\ndetection:\n  a:\n    f|foo: 1\n  condition: a';
  const { documents, problems } = parseSigma(`${good}\n---\n${bad}\n`, 'dir/two.yml');
  assert.deepEqual(
    documents.map(document => document.title),
    ['good'],
  );
  const expected = {
    severity: 'refused',
    rule: 'bad',
    reason: 'unknown modifier "foo"',
    place: { file: 'dir/two.yml', line: 9, column: 5 },
  };
  assert.deepEqual(problems, [expected]);
});
test('a search identifier that no condition uses is a warning', () => {
  const { problems } = parseSigma(
    'title: t\nlogsource: {product: x}\ndetection: {a: {f: 1}, b: {f: 2}, condition: a}',
    'x.yml',
  );
  assert.deepEqual(
    problems.map(({ severity, reason }) => [severity, reason]),
    [['warning', 'search identifier "b" is used by no condition']],
  );
});
test('documents without title, log source or detection are refused', () => {
  const reasons = [
    'logsource: {product: x}\ndetection: {a: {f: 1}, condition: a}',
    'title: t\ndetection: {a: {f: 1}, condition: a}',
    'title: t\nlogsource: {}\ndetection: {a: {f: 1}, condition: a}',
    'title: t',
    '- 1',
    'title: t\nlevel: dire\nlogsource: {product: x}\ndetection: {a: {f: 1}, condition: a}',
    'title: [',
    'title: t\ntaxonomy: ecs\nlogsource: {product: x}\ndetection: {a: {f: 1}, condition: a}',
  ].map(text => parseSigma(text, 'x.yml').problems[0]?.reason ?? '');
  const expected = [
    /"title" is missing/,
    /"logsource" is missing/,
    /none of category, product and service/,
    /this has none/,
    /must be a map/,
    /level "dire"/,
    /not YAML/,
    /taxonomy "ecs"/,
  ];
  for (const [index, pattern] of expected.entries()) assert.match(reasons[index] ?? '', pattern);
});
