import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, type EventKind, EventKinds, viewOf } from '@redoubt/model';
import fc from 'fast-check';
import { compileWhere, type Expression, parseWhere, printWhere, WhereError } from '../src/index.ts';
import { operators } from '../src/where/expression.ts';

const view = viewOf(
  buildEvent('file.rename', 1_700_000_000_000, {
    actor: { process: { pid: 12, name: 'vim', user: { uid: '0' } } },
    file: { path: '/etc/Passwd' },
    answers: [
      { type: 'A', rdata: '10.0.0.1' },
      { type: 'A', rdata: '10.0.0.2' },
    ],
    unmapped: { flag: true, nothing: null },
  }),
);

const holds: Record<string, boolean> = {
  'kind = file.rename': true,
  'KIND = file.rename': false,
  'kind != file.rename': false,
  'metadata.event_code startswith file.': true,
  'actor.process.user.uid = 0': true,
  'actor.process.user.uid = "0"': true,
  'actor.process.pid >= 12 AND actor.process.pid < 13': true,
  'actor.process.pid > 12': false,
  'actor.process.name in (vi, "vim")': true,
  'not actor.process.name in (vi, vim)': false,
  'file.path contains passwd': false,
  "file.path ~ '(?i)PASSWD$'": true,
  "file.path ~ '^passwd'": false,
  'file.path endswith asswd': true,
  'answers.rdata = 10.0.0.2': true,
  'answers.rdata != 10.0.0.2': false,
  'absent.path != 1': true,
  'absent.path = null': false,
  'unmapped.nothing = null': true,
  'unmapped.flag = true': true,
  'absent exists': false,
  'unmapped.nothing exists': true,
  'time >= 2023-11-14T22:13:20Z': true,
  'time > 2023-11-14T22:13:20Z': false,
  'actor.process.pid = 1 or actor.process.pid = 12 and file.path exists': true,
  '(actor.process.pid = 12 or actor.process.pid = 1) and absent exists': false,
  'file.path > "/etc/A" and file.path < "/etc/b"': true,
};

for (const [text, expected] of Object.entries(holds)) {
  test(`${text} is ${expected}`, () => assert.equal(compileWhere(text).filter(view), expected));
}

const wrong: [string, number, RegExp][] = [
  ['', 1, /attribute/],
  ['file.path', 10, /operator/],
  ['file.path =', 12, /value/],
  ['file.path = "abc', 13, /does not end/],
  ['file.path = a b', 15, /"and", "or" or the end/],
  ['(a = 1', 7, /"\)"/],
  ['a in 1', 6, /list/],
  ["a ~ '('", 5, /regular expression/],
  ['a = 1 and', 10, /attribute/],
  ['a ! 1', 3, /no meaning/],
  ['time > yesterday', 8, /neither a date/],
  ['a < null', 5, /null/],
];

for (const [text, column, message] of wrong) {
  test(`${JSON.stringify(text)} is refused at column ${column}`, () => {
    assert.throws(
      () => compileWhere(text),
      (error: unknown) =>
        error instanceof WhereError && error.column === column && message.test(error.message),
    );
  });
}

test('deep nesting and long texts are refused, not crashed on', () => {
  assert.throws(() => parseWhere(`${'('.repeat(5000)}a = 1${')'.repeat(5000)}`), WhereError);
  assert.throws(() => parseWhere(`${'not '.repeat(4000)}a = 1`), WhereError);
  assert.throws(() => parseWhere(`a = ${'x'.repeat(20_000)}`), WhereError);
});

test('kinds, times and sequence numbers are told to the query', () => {
  const where = compileWhere('kind startswith dns. and time > -10m and metadata.sequence > 7', 1_000_000);
  assert.deepEqual(where.kinds, ['dns.query', 'dns.answer']);
  assert.equal(where.from, 400_000);
  assert.equal(where.to, undefined);
  assert.equal(where.afterSequence, 6);
  assert.equal(compileWhere('kind = dns.query or file.path exists').kinds, undefined);
  assert.deepEqual(compileWhere('not (kind != dns.query or file.path exists)').kinds, ['dns.query']);
});

const literal = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map(value => value + 0),
);
const path = fc.constantFrom(
  'kind',
  'time',
  'metadata.sequence',
  'file.path',
  'actor.process.pid',
  'a-b.c_d',
);
const leaf = fc
  .record({ path, operator: fc.constantFrom(...operators), values: fc.array(literal, { minLength: 1 }) })
  .map(({ path, operator, values }): Expression => {
    if (operator === 'exists') return { type: 'test', path, operator, values: [] };
    if (path === 'time' && operator !== '~') return { type: 'test', path, operator, values: [7] };
    if (operator === 'in') return { type: 'test', path, operator, values };
    return { type: 'test', path, operator, values: [operator === '~' ? 'x+' : (values[0] ?? 0)] };
  });
const { expression } = fc.letrec<{ expression: Expression }>(tie => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ type: fc.constant('not' as const), part: tie('expression') }, { noNullPrototype: true }),
    fc.record(
      {
        type: fc.constantFrom('and' as const, 'or' as const),
        parts: fc.array(tie('expression'), { minLength: 2, maxLength: 4 }),
      },
      { noNullPrototype: true },
    ),
  ),
}));

test('what is printed is parsed to the same expression', () => {
  fc.assert(fc.property(expression, tree => assert.deepEqual(parseWhere(printWhere(tree)), tree)));
});

test('the parser answers or refuses with a column inside the text, whatever it is given', () => {
  const pieces = fc.constantFrom(
    'and',
    'or',
    'not',
    '(',
    ')',
    'a',
    '=',
    '~',
    '"',
    "'",
    '\\',
    'in',
    ',',
    '1',
    ' ',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map(list => list.join(' ')),
  );
  fc.assert(
    fc.property(text, input => {
      try {
        compileWhere(input);
      } catch (error) {
        if (!(error instanceof WhereError)) throw error;
        assert.ok(error.column >= 1 && error.column <= input.length + 1);
      }
    }),
    { numRuns: 2000 },
  );
});

test('pruning never leaves out an event that the filter lets through', () => {
  const kinds = Object.keys(EventKinds) as EventKind[];
  const kindLeaf = fc
    .record({
      operator: fc.constantFrom('=' as const, '!=' as const, 'in' as const),
      values: fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 3 }),
    })
    .map(
      ({ operator, values }) =>
        `kind ${operator} ${operator === 'in' ? `(${values.join(', ')})` : values[0]}`,
    );
  const timeLeaf = fc
    .record({
      operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
      value: fc.integer({ min: 0, max: 20 }),
    })
    .map(({ operator, value }) => `time ${operator} ${value}`);
  const part = fc.record({
    negated: fc.boolean(),
    text: fc.oneof(kindLeaf, timeLeaf, fc.constant('a exists')),
  });
  const text = fc.array(fc.record({ part, join: fc.constantFrom('and', 'or') }), {
    minLength: 1,
    maxLength: 5,
  });
  const sample = fc.record({ kind: fc.constantFrom(...kinds), time: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(text, sample, (parts, { kind, time }) => {
      const source = parts
        .map(
          ({ part, join }, index) =>
            `${index === 0 ? '' : `${join} `}${part.negated ? 'not ' : ''}${part.text}`,
        )
        .join(' ');
      const where = compileWhere(source);
      if (!where.filter(viewOf(buildEvent(kind, time)))) return;
      assert.ok(where.kinds === undefined || where.kinds.includes(kind), source);
      assert.ok((where.from ?? time) <= time && time <= (where.to ?? time), source);
    }),
    { numRuns: 2000 },
  );
});
