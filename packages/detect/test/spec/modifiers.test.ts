/** The modifiers appendix of the Sigma specification, version 2.1.0, a test a sentence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertValues, matches, refusal } from './judge.ts';

test('all: values of a list are linked with AND instead of OR', () => {
  assertValues('f|contains', '[a, b]', ['xa', 'xb', 'ab'], ['x']);
  assertValues('f|contains|all', '[a, b]', ['ab', 'b-a'], ['xa', 'xb', 'x']);
});
test('all: single values are not allowed', () => {
  assert.match(refusal('selection: {"f|all": a}'), /at least two values/);
  assert.match(refusal('selection: {"f|contains|all": [a]}'), /at least two values/);
});
test('startswith: the value is expected at the beginning of the field’s content', () => {
  assertValues('f|startswith', 'adm', ['adm', 'ADMIN'], ['xadm', 'ad', '']);
});
test('endswith: the value is expected at the end of the field’s content', () => {
  assertValues(
    'f|endswith',
    String.raw`'\cmd.exe'`,
    [String.raw`C:\CMD.exe`, String.raw`\cmd.exe`],
    ['cmd.exe', String.raw`\cmd.exe x`],
  );
});
test('contains: the value is matched anywhere in the field’s content', () => {
  assertValues('f|contains', 'b*d', ['abcde', 'bd', 'BXD'], ['db', 'b']);
});
test('exists: a field has to exist or must not, whatever its value, empty or null', () => {
  for (const value of ['x', '', null, 0, false]) {
    assert.equal(matches('selection: {"f|exists": true}', { f: value }), true);
    assert.equal(matches('selection: {"f|exists": false}', { f: value }), false);
  }
  assert.equal(matches('selection: {"f|exists": true}', {}), false);
  assert.equal(matches('selection: {"f|exists": false}', {}), true);
  assert.match(refusal('selection: {"f|exists": yes please}'), /true or false/);
});
test('cased: values are applied case sensitively; the default is not', () => {
  assertValues('f', 'AbC', ['abc', 'ABC', 'AbC'], ['ab']);
  assertValues('f|cased', 'AbC', ['AbC'], ['abc', 'ABC']);
  assertValues('f|contains|cased', 'AbC', ['xAbCx'], ['xabcx']);
});
test('neq: the field is different from each of the values, text or number; an absent field is', () => {
  assertValues('f|neq', '[a, 1]', ['b', 2, '', null], ['A', 1, '1']);
  assert.equal(matches('selection: {"f|neq": a}', {}), true);
});
test('neq with fieldref: the field is different from the other', () => {
  assert.equal(matches('selection: {"f|fieldref|neq": g}', { f: 'a', g: 'b' }), true);
  assert.equal(matches('selection: {"f|fieldref|neq": g}', { f: 'a', g: 'A' }), false);
});
test('windash: the five dashes of a flag are interchangeable', () => {
  const forms = ['-', '/', '\u2013', '\u2014', '\u2015'].map(dash => `x.exe ${dash}enc abc`);
  for (const value of ["' -enc '", "' /enc '", "' \u2014enc '"])
    assertValues('f|windash|contains', value, forms, ['x.exe enc abc', 'x.exe +enc abc']);
  assertValues('f|windash|contains|all', "[' -a ', ' /b ']", ['x -a -b ', 'x /a \u2013b '], ['x -a ']);
  assertValues('f|windash|contains', "' -a -b '", ['x -a /b ', 'x /a \u2015b '], ['x -a +b ']);
});
test('windash: a dash within a word is left as it is', () => {
  assertValues('f|windash', "'-foo-bar'", ['/foo-bar', '-foo-bar'], ['/foo/bar']);
});
test('re: a regular expression, case-sensitive by default, found anywhere', () => {
  assertValues('f|re', "'a.c+$'", ['xxabcc', 'axc'], ['ABC', 'abcx', 'ac']);
});
test('re: dots, anchors, quantifiers, classes, groups and alternation are supported', () => {
  assertValues('f|re', "'^(ab|c[d-f]{2,3}[^x])?z*y+$'", ['y', 'aby', 'cdeqzzyy'], ['x', 'cdy', 'cdexy']);
});
test('re: what cannot be matched in linear time is refused with the reason', () => {
  for (const pattern of ['(?=a)', '(a)\\1', '(?<!x)y', '(', 'a{2000}']) {
    assert.match(refusal(`selection: {"f|re": '${pattern}'}`), /regular expression/);
  }
});
test('re|i: matches without case', () => assertValues('f|re|i', 'abc', ['xABCx'], ['ab']));
test('re|m: ^ and $ match at the start and end of lines', () => {
  assertValues('f|re|m', '^b$', ['a\nb\nc'], ['ab']);
  assertValues('f|re', '^b$', ['b'], ['a\nb\nc']);
});
test('re|s: the dot matches line ends too', () => {
  assertValues('f|re|s', 'a.b', ['a\nb'], ['ab']);
  assertValues('f|re', 'a.b', ['axb'], ['a\nb']);
});
test('re: the flags must stand after re', () =>
  assert.match(refusal('selection: {"f|i|re": a}'), /after "re"/));
test('re: backslashes belong to the pattern, not to Sigma', () =>
  assertValues('f|re', String.raw`'a\\\*\d'`, [String.raw`a\*5`], ['a*5']));

test('base64: the value is encoded with Base64', () => {
  assertValues('f|base64', 'foobar', ['Zm9vYmFy'], ['foobar']);
  assertValues('f|base64|contains', 'foob', ['xxZm9vYg==xx'], ['foob']);
  assert.match(refusal('selection: {"f|base64": "a*b"}'), /wildcards/);
});
test('base64offset: the value is found at any of the three shifts within longer text', () => {
  const inside = ['', 'a', 'ab', 'abc', 'abcd'].map(before =>
    Buffer.from(`${before}/bin/bash${before}`).toString('base64'),
  );
  assertValues('f|base64offset|contains', "'/bin/bash'", inside, [
    Buffer.from('/bin/dash').toString('base64'),
  ]);
});
test('base64offset: bytes count, not characters', () => {
  for (const value of ['é', 'né', 'ée', '中文']) {
    const inside = ['', 'x', 'xy'].map(before => Buffer.from(`${before}${value}zz`).toString('base64'));
    assertValues('f|base64offset|contains', `'${value}'`, inside, [Buffer.from('none').toString('base64')]);
  }
});
test('utf16le and wide: cmd becomes 63 00 6d 00 64 00', () => {
  for (const name of ['utf16le', 'wide'])
    assertValues(`f|${name}`, 'cmd', ['c\0m\0d\0'], ['cmd', '\0c\0m\0d']);
});
test('utf16be: cmd becomes 00 63 00 6d 00 64', () =>
  assertValues('f|utf16be', 'cmd', ['\0c\0m\0d'], ['c\0m\0d\0']));
test('utf16: a byte order mark stands before it', () =>
  assertValues('f|utf16', 'cmd', ['\u00ff\u00fec\0m\0d\0'], ['c\0m\0d\0']));
test('encodings are applied in the order given', () => {
  const encoded = Buffer.from('ping', 'utf16le').toString('base64');
  assertValues(
    'f|wide|base64offset|contains',
    'ping',
    [`x ${encoded}`, Buffer.from('ab ping', 'utf16le').toString('base64')],
    [Buffer.from('ping').toString('base64')],
  );
});

test('lt, lte, gt, gte: the field is less, less or equal, greater, greater or equal', () => {
  assertValues('f|lt', '10', [9, -1, '9', 9.5], [10, 11, 'x', '', null, true]);
  assertValues('f|lte', '10', [10, '10'], [10.5]);
  assertValues('f|gt', '10', [11, '0x0b'], [10, '9']);
  assertValues('f|gte', '10', [10, 11], [9]);
});
test('numeric modifiers can only be applied to numeric values', () => {
  assert.match(refusal('selection: {"f|gt": abc}'), /needs a number/);
  assert.match(refusal('selection: {"f|lt": true}'), /needs a number/);
});
test('time modifiers extract a number from a date', () => {
  const date = '2024-02-29T23:59:07Z';
  assertValues('f|minute', '59', [date], ['2024-02-29T23:58:00Z', '2024-02-29', 'x']);
  assertValues('f|hour', '23', [date, '2020-01-01 23:00:00'], ['2024-02-29T22:00:00Z']);
  assertValues('f|day', '29', [date, '2024-02-29'], ['2024-02-28']);
  assertValues('f|week', '9', [date], ['2024-03-04']);
  assertValues('f|month', '2', [date, 1_707_000_000, 1_707_000_000_000], ['2024-03-01']);
  assertValues('f|year', '2024', [date], ['2023-12-31']);
  assertValues('f|hour|gte', '22', [date], ['2024-02-29T21:59:00Z']);
  assert.match(refusal('selection: {"f|hour": 24}'), /from 0 to 23/);
});
test('time modifiers do not convert time zones', () =>
  assertValues('f|hour', '1', ['2024-01-01T01:00:00+08:00'], []));
test('cidr: IPv4 networks', () => {
  assertValues(
    'f|cidr',
    '10.0.0.0/8',
    ['10.0.0.0', '10.255.255.255', '::ffff:10.1.1.1'],
    ['11.0.0.0', '9.255.255.255', 'x', '::10.1.1.1', 10],
  );
  assertValues(
    'f|cidr',
    "['192.168.0.0/23', '1.2.3.4']",
    ['192.168.1.255', '1.2.3.4'],
    ['192.168.2.0', '1.2.3.5'],
  );
});
test('cidr: IPv6 networks', () => {
  assertValues(
    'f|cidr',
    "'2001:db8::/33'",
    ['2001:DB8:7fff::1', '2001:db8::'],
    ['2001:db8:8000::', '2001:db9::1'],
  );
  assertValues('f|cidr', "'fe80::/10'", ['fe80::1%eth0', 'febf::'], ['fec0::', '10.0.0.1']);
});
test('cidr: what is no network is refused', () => {
  for (const text of ['10.0.0.0/33', '300.0.0.0/8', 'abc', '2001:::/8'])
    assert.match(refusal(`selection: {"f|cidr": "${text}"}`), /no IP network/);
});
test('expand: a placeholder becomes its values, with their wildcards', () => {
  const placeholders = new Map([['Servers', ['srv*', 'db01']]]);
  assert.equal(matches("selection: {'f|expand': '%Servers%'}", { f: 'SRV7' }, { placeholders }), true);
  assert.equal(matches("selection: {'f|expand': '%Servers%'}", { f: 'db01' }, { placeholders }), true);
  assert.equal(matches("selection: {'f|expand': '%Servers%'}", { f: 'db02' }, { placeholders }), false);
  assert.equal(
    matches("selection: {'f|contains|expand': 'on %Servers% '}", { f: 'run on db01 now' }, { placeholders }),
    true,
  );
});
test('expand: a tool that cannot handle a placeholder must reject the rule', () => {
  assert.match(refusal("selection: {'f|expand': '%Workstations%'}"), /%Workstations% has no values/);
});
test('expand: a percent character after a backslash is itself; without expand all are', () => {
  const placeholders = new Map([['name', ['x']]]);
  assert.equal(
    matches(String.raw`selection: {'f|expand': '\%plain%name%'}`, { f: '%plainx' }, { placeholders }),
    true,
  );
  assertValues('f', "'%name%'", ['%name%'], ['x']);
});
test('fieldref: fields of one event are compared', () => {
  assert.equal(matches('selection: {"f|fieldref": g}', { f: 'A', g: 'a' }), true);
  assert.equal(matches('selection: {"f|fieldref|cased": g}', { f: 'A', g: 'a' }), false);
  assert.equal(matches('selection: {"f|fieldref": g}', { f: 5, g: '5' }), true);
  assert.equal(matches('selection: {"f|fieldref|startswith": g}', { f: 'abc', g: 'ab' }), true);
  assert.equal(matches('selection: {"f|fieldref|endswith": g}', { f: 'abc', g: 'ab' }), false);
  assert.equal(matches('selection: {"f|fieldref|contains": g}', { f: 'abc', g: 'b' }), true);
  for (const record of [{ f: 'a' }, { g: 'a' }, {}])
    assert.equal(matches('selection: {"f|fieldref": g}', record), false);
});
test('a modifier that is unknown, doubled or misplaced is refused by its name', () => {
  assert.match(refusal('selection: {"f|near": a}'), /unknown modifier "near"/);
  assert.match(refusal('selection: {"f|contains|contains": a}'), /stands twice/);
  assert.match(refusal('selection: {"f|contains|endswith": a}'), /cannot be combined/);
  assert.match(refusal('selection: {"f|cidr|contains": 10.0.0.0/8}'), /cannot be combined/);
  assert.match(refusal('selection: {"f|base64": 5}'), /needs a text/);
});
