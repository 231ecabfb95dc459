/** The correlation and filter specifications of Sigma. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Correlator, type CorrelatorOptions } from '../../src/correlate/correlator.ts';
import { RuleSet } from '../../src/rules/rule-set.ts';
import { pathSource, RecordReader } from '../../src/sigma/event.ts';
import { parseTimespan } from '../../src/sigma/parse/correlation.ts';
import { evaluate } from '../../src/sigma/reference/evaluate.ts';

const rule = (name: string): string =>
  `title: ${name}\nname: ${name}\nlogsource: {product: x}\ndetection: {s: {kind: ${name}}, condition: s}\n`;
const correlation = (body: string, name = 'c'): string =>
  `title: ${name}\nname: ${name}\ncorrelation:\n  ${body.trim().replaceAll('\n', '\n  ')}\n`;
const setOf = (...texts: string[]): RuleSet =>
  RuleSet.of([{ name: 'set.yml', text: [...['a', 'b', 'd'].map(rule), ...texts].join('---\n') }]);

type Row = readonly [seconds: number, kind: string, fields?: Record<string, unknown>];

/** Feeds rows to a correlator. @returns `name@seconds:measure` of each match */
function feed(set: RuleSet, rows: readonly Row[], correlator = new Correlator(set)): string[] {
  const resolve = (field: string) => pathSource(field);
  return rows.flatMap(([seconds, kind, fields]) => {
    const event = new RecordReader({ kind, ...fields }, seconds * 1000);
    return set.rules
      .filter(one => evaluate(one.expression, event, resolve))
      .flatMap(one => correlator.observe(one, event, resolve))
      .map(match => `${match.correlation.uid}@${seconds}:${match.span.measure}`);
  });
}
const times = (kind: string, seconds: readonly number[], fields: Record<string, unknown> = {}): Row[] =>
  seconds.map(second => [second, kind, fields]);

test('event_count counts events within the timespan', () => {
  const set = setOf(correlation('type: event_count\nrules: a\ntimespan: 10s\ncondition: {gte: 3}'));
  assert.deepEqual(feed(set, times('a', [0, 5, 10])), ['c@10:3']);
  assert.deepEqual(feed(set, times('a', [0, 5, 10.001])), []);
  assert.deepEqual(feed(set, times('b', [0, 1, 2])), []);
});
test('an event that stands for several is counted as several, by a correlation of correlations as one', () => {
  const set = setOf(
    correlation('type: event_count\nrules: a\ntimespan: 10s\ncondition: {gte: 100}'),
    correlation('type: event_count\nrules: c\ntimespan: 10s\ncondition: {gte: 2}', 'outer'),
  );
  const correlator = new Correlator(set);
  const [rule] = set.rules;
  assert.ok(rule !== undefined);
  const found = [40, 59, 1, 100].map((events, seconds) => {
    const event = new RecordReader({ kind: 'a' }, seconds * 1000);
    return correlator
      .observe(rule, event, pathSource, event, events)
      .map(({ correlation: { uid }, span }) => `${uid}:${span.events}`);
  });
  assert.deepEqual(found, [[], [], ['c:100'], ['c:100', 'outer:2']]);
});
test('windows have no fixed boundaries', () => {
  const set = setOf(correlation('type: event_count\nrules: a\ntimespan: 1h\ncondition: {gte: 2}'));
  assert.deepEqual(feed(set, times('a', [3590, 3610])), ['c@3610:2']);
});
test('each group is counted apart; an event without the grouping field belongs to none', () => {
  const set = setOf(
    correlation('type: event_count\nrules: [a]\ngroup-by: [user, host]\ntimespan: 10s\ncondition: {gte: 2}'),
  );
  assert.deepEqual(
    feed(set, [
      [0, 'a', { user: 'x', host: 1 }],
      [1, 'a', { user: 'y', host: 1 }],
      [2, 'a', { user: 'x' }],
      [3, 'a', { user: 'x', host: 1 }],
    ]),
    ['c@3:2'],
  );
});
test('what was reported does not count again', () => {
  const set = setOf(correlation('type: event_count\nrules: a\ntimespan: 100s\ncondition: {gte: 2}'));
  assert.deepEqual(feed(set, times('a', [0, 1, 2, 3])), ['c@1:2', 'c@3:2']);
});
test('gt, lt, lte, eq and ranges: an upper bound is judged when the timespan is over', () => {
  const set = setOf(correlation('type: event_count\nrules: a\ntimespan: 10s\ncondition: {gt: 1, lte: 3}'));
  assert.deepEqual(feed(set, times('a', [0, 1, 2, 20])), ['c@20:3']);
  assert.deepEqual(feed(set, times('a', [0, 1, 2, 3, 20])), []);
  assert.deepEqual(feed(set, times('a', [0, 20])), []);
  const correlator = new Correlator(set, { lateness: 0 });
  assert.deepEqual(feed(set, [...times('a', [0, 1])], correlator), []);
  assert.deepEqual(correlator.close(), []);
  feed(set, [[100, 'a', {}]], correlator);
});
test('value_count counts different values of a field; events without it do not count', () => {
  const set = setOf(
    correlation(
      'type: value_count\nrules: a\ngroup-by: host\ntimespan: 10s\ncondition: {field: user, gte: 3}',
    ),
  );
  const row = (second: number, user: unknown): Row => [
    second,
    'a',
    { host: 'h', ...(user === undefined ? {} : { user }) },
  ];
  assert.deepEqual(feed(set, [row(0, 'x'), row(1, 'x'), row(2, undefined), row(3, 'y'), row(4, 'z')]), [
    'c@4:3',
  ]);
});
test('value_count: a storm of one value is held as a few sightings, and nothing else changes', () => {
  const set = setOf(
    correlation(
      'type: value_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\ncondition: {field: host, gte: 3}',
    ),
  );
  const correlator = new Correlator(set);
  const storm = times(
    'a',
    Array.from({ length: 500 }, (_, step) => step / 10),
    { user: 'x', host: 1 },
  );
  assert.deepEqual(feed(set, storm, correlator), []);
  const held = correlator.save().trackers.flatMap(({ groups }) => groups.flatMap(([, window]) => window));
  assert.ok(held.length < 20, `${held.length} sightings`);
  // A late event finds the value of its time, and the new ones complete the count.
  const rest: Row[] = [
    [30, 'a', { user: 'x', host: 2 }],
    [35, 'a', { user: 'x', host: 3 }],
  ];
  assert.deepEqual(feed(set, rest, correlator), ['c@35:3']);
});
test('temporal: events of all rules in any order within the timespan', () => {
  const set = setOf(correlation('type: temporal\nrules: [a, b, d]\ngroup-by: [user]\ntimespan: 5m'));
  assert.deepEqual(
    feed(set, [
      [0, 'd', { user: 1 }],
      [1, 'a', { user: 1 }],
      [2, 'b', { user: 2 }],
      [300, 'b', { user: 1 }],
    ]),
    ['c@300:3'],
  );
  assert.deepEqual(
    feed(set, [
      [0, 'd', { user: 1 }],
      [1, 'a', { user: 1 }],
      [301, 'b', { user: 1 }],
    ]),
    [],
  );
});
test('temporal with a condition: so many of the rules are enough', () => {
  const set = setOf(correlation('type: temporal\nrules: [a, b, d]\ntimespan: 1m\ncondition: {gte: 2}'));
  assert.deepEqual(
    feed(set, [
      [0, 'd'],
      [1, 'a'],
    ]),
    ['c@1:2'],
  );
});
test('temporal_ordered: in the order of the list', () => {
  const set = setOf(correlation('type: temporal_ordered\nrules: [a, b]\ntimespan: 1m'));
  assert.deepEqual(
    feed(set, [
      [0, 'a'],
      [1, 'b'],
    ]),
    ['c@1:2'],
  );
  assert.deepEqual(
    feed(set, [
      [0, 'b'],
      [1, 'a'],
    ]),
    [],
  );
  assert.deepEqual(
    feed(set, [
      [0, 'b'],
      [1, 'a'],
      [2, 'b'],
    ]),
    ['c@2:2'],
  );
  assert.deepEqual(
    feed(set, [
      [0, 'a'],
      [61, 'b'],
    ]),
    [],
  );
});
test('value_sum, value_avg, value_median and value_percentile compute with the numbers of a field', () => {
  const rows = (numbers: readonly unknown[]): Row[] => numbers.map((n, index) => [index, 'a', { n }]);
  const measured = (type: string, condition: string, numbers: readonly unknown[]): string[] =>
    feed(
      setOf(correlation(`type: ${type}\nrules: a\ntimespan: 1m\ncondition: {field: n, ${condition}}`)),
      rows(numbers),
    );
  assert.deepEqual(measured('value_sum', 'gt: 10', [4, '5', 'x', 2]), ['c@3:11']);
  assert.deepEqual(measured('value_avg', 'gte: 4', [1, 3, 8]), ['c@2:4']);
  assert.deepEqual(measured('value_median', 'gt: 2', [1, 2, 9, 9]), ['c@3:5.5']);
  assert.deepEqual(measured('value_percentile', 'gte: 9, percentile: 90', [0, 1, 2, 3, 10, 11]), [
    'c@5:10.5',
  ]);
});
test('aliases name fields that differ between rules', () => {
  const set = setOf(
    correlation(
      'type: temporal\nrules: [a, b]\ngroup-by: [ip]\ntimespan: 10s\naliases: {ip: {a: dst.ip, b: src.ip}}',
    ),
  );
  assert.deepEqual(
    feed(set, [
      [0, 'a', { 'dst.ip': 1, 'src.ip': 2 }],
      [1, 'b', { 'src.ip': 1 }],
    ]),
    ['c@1:2'],
  );
  assert.deepEqual(
    feed(set, [
      [0, 'a', { 'dst.ip': 1, 'src.ip': 2 }],
      [1, 'b', { 'src.ip': 2 }],
    ]),
    [],
  );
});
test('correlations may be chained, and use only their own group-by', () => {
  const many = correlation(
    'type: event_count\nrules: a\ngroup-by: [host]\ntimespan: 10s\ncondition: {gte: 2}',
    'many',
  );
  const chain = correlation(
    'type: temporal_ordered\nrules: [many, b]\ngroup-by: [user]\ntimespan: 1m',
    'chain',
  );
  assert.deepEqual(
    feed(setOf(chain, many), [
      [0, 'a', { host: 1, user: 'x' }],
      [1, 'a', { host: 1, user: 'x' }],
      [5, 'b', { user: 'x', host: 9 }],
    ]),
    ['many@1:2', 'chain@5:2'],
  );
});
test('rules that feed a correlation stay silent unless generate is true', () => {
  const body = 'type: event_count\nrules: a\ntimespan: 1s\ncondition: {gte: 2}';
  for (const [text, alone] of [
    [body, false],
    [`${body}\ngenerate: true`, true],
  ] as const) {
    const set = setOf(correlation(text));
    const fed = set.rules.find(one => one.uid === 'a');
    assert.equal(fed !== undefined && set.standsAlone(fed), alone);
  }
});
test('rules are referred to by id or name; what is not loaded refuses the correlation and those above it', () => {
  const one = correlation('type: temporal\nrules: [a, nowhere]\ntimespan: 1s', 'one');
  const two = correlation('type: temporal\nrules: [one, b]\ntimespan: 1s', 'two');
  const { report } = setOf(two, one);
  assert.deepEqual(
    report.refused.map(problem => `${problem.rule}: ${problem.reason}`),
    ['one: it refers to "nowhere", which is not loaded', 'two: it refers to "one", which is not loaded'],
  );
});
test('correlations that refer to each other in a circle are refused', () => {
  const ring = [
    ['x', 'y'],
    ['y', 'x'],
  ].map(([name, other]) => correlation(`type: temporal\nrules: [${other}, a]\ntimespan: 1s`, name));
  assert.equal(setOf(...ring).report.refused.length, 2);
});
test('timespans have a number and one of s, m, h, d', () => {
  assert.deepEqual(
    ['15s', '90m', '2h', '1d', '1w'].map(parseTimespan),
    [15_000, 5_400_000, 7_200_000, 86_400_000, 604_800_000],
  );
  assert.deepEqual(['1M', '5', 's', '0s', '-1s', '1.5h'].map(parseTimespan), new Array(6).fill(undefined));
});
test('correlations that cannot be honoured are refused with the reason', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['type: event_count\nrules: a\ntimespan: 1s', /needs a condition/],
    ['type: value_count\nrules: a\ntimespan: 1s\ncondition: {gte: 1}', /needs "field"/],
    ['type: many\nrules: a\ntimespan: 1s', /"many" is unknown/],
    ['type: temporal\nrules: a', /"timespan" of the correlation is missing/],
    ['type: temporal\ntimespan: 1s', /"rules" of the correlation is missing/],
    ['type: event_count\nrules: a\ntimespan: 1s\ncondition: {above: 1}', /unknown key "above"/],
    ['type: value_percentile\nrules: a\ntimespan: 1s\ncondition: {field: x, gte: 1}', /needs "percentile"/],
    ['type: temporal\nrules: [a]\ntimespan: 1s\naliases: {x: {b: y}}', /names "b"/],
    ['type: event_count\nrules: a\ntimespan: 1 hour\ncondition: {gte: 1}', /is not a number with/],
  ];
  for (const [body, reason] of cases)
    assert.match(setOf(correlation(body)).report.refused[0]?.reason ?? '', reason);
});
test('late events count where they belong; those that come too late are counted as lost', () => {
  const set = setOf(correlation('type: event_count\nrules: a\ntimespan: 10s\ncondition: {gte: 3}'));
  const options: CorrelatorOptions = { lateness: 60_000 };
  assert.deepEqual(feed(set, times('a', [100, 140, 105, 103]), new Correlator(set, options)), ['c@103:3']);
  const correlator = new Correlator(set, options);
  feed(set, times('a', [1000, 1, 2, 3]), correlator);
  assert.equal(correlator.losses.late, 3);
});
test('a clock that was set back does not blind a correlation', () => {
  const set = setOf(correlation('type: event_count\nrules: a\ntimespan: 10s\ncondition: {gte: 3}'));
  const seconds = Array.from({ length: 110 }, (_, index) => index / 100);
  assert.ok(feed(set, times('a', [100_000, ...seconds])).length > 0);
});
test('memory is bounded: the oldest groups go first and are counted', () => {
  const set = setOf(
    correlation('type: event_count\nrules: a\ngroup-by: [user]\ntimespan: 1h\ncondition: {gte: 2}'),
  );
  const correlator = new Correlator(set, { groups: 100 });
  feed(
    set,
    Array.from({ length: 1000 }, (_, user): Row => [0, 'a', { user }]),
    correlator,
  );
  assert.equal(correlator.losses.groups, 900);
  assert.equal(correlator.save().trackers[0]?.groups.length, 100);
  assert.deepEqual(
    feed(
      set,
      [
        [1, 'a', { user: 5 }],
        [1, 'a', { user: 999 }],
      ],
      correlator,
    ),
    ['c@1:2'],
  );
});
test('memory is bounded over all correlations, by what their groups hold', () => {
  const set = setOf(
    correlation('type: event_count\nrules: a\ngroup-by: [user]\ntimespan: 1h\ncondition: {gte: 50}'),
    correlation('type: event_count\nrules: b\ngroup-by: [user]\ntimespan: 1h\ncondition: {gte: 50}', 'other'),
  );
  const correlator = new Correlator(set, { sightings: 100 });
  const rows = Array.from({ length: 400 }, (_, n): Row => [0, n % 2 === 0 ? 'a' : 'b', { user: n >> 4 }]);
  feed(set, rows, correlator);
  const held = correlator.save().trackers.flatMap(({ groups }) => groups.flatMap(([, window]) => window));
  assert.ok(held.length <= 100 && held.length > 80, String(held.length));
  assert.equal(correlator.losses.groups, (400 - held.length) / 8);
});
test('state survives a restart as JSON', () => {
  const set = setOf(correlation('type: temporal_ordered\nrules: [a, b]\ngroup-by: [user]\ntimespan: 1m'));
  const before = new Correlator(set);
  feed(set, [[0, 'a', { user: 'x' }]], before);
  const after = new Correlator(set);
  after.restore(JSON.parse(JSON.stringify(before.save())));
  assert.deepEqual(feed(set, [[30, 'b', { user: 'x' }]], after), ['c@30:2']);
});

const filter = (condition: string, rules = '[a]', logsource = '{product: x}'): string =>
  `title: f\nlogsource: ${logsource}\nfilter:\n  rules: ${rules}\n  admin: {user: root}\n  night: {hour: 3}\n  condition: ${condition}\n`;
const filtered = (text: string, record: Record<string, unknown>): boolean => {
  const found = setOf(text).rules.find(one => one.uid === 'a');
  return (
    found !== undefined &&
    evaluate(found.expression, new RecordReader({ kind: 'a', ...record }, 0), field => pathSource(field))
  );
};

test('filters suppress matches of the rules that they name', () => {
  assert.equal(filtered(filter('admin'), { user: 'root' }), false);
  assert.equal(filtered(filter('admin'), { user: 'bob' }), true);
  assert.equal(filtered(filter('not admin'), { user: 'root' }), false);
  assert.equal(filtered(filter('not 1 of them'), { hour: 3 }), false);
  assert.equal(filtered(filter('admin', '[b]'), { user: 'root' }), true);
});
test('filters for any rule apply within their log source', () => {
  assert.equal(filtered(filter('admin', 'any'), { user: 'root' }), false);
  assert.equal(filtered(filter('admin', 'any', '{product: y}'), { user: 'root' }), true);
});
test('a filter whose polarity is ambiguous is refused; one that is doubtful or idle is a warning', () => {
  assert.match(setOf(filter('admin and not night')).report.refused[0]?.reason ?? '', /ambiguous/);
  assert.match(setOf(filter('admin')).report.warnings[0]?.reason ?? '', /"not" would make that plain/);
  assert.match(
    setOf(filter('not admin', '[zzz]')).report.warnings[0]?.reason ?? '',
    /no rule that is loaded/,
  );
});
